"""Every sentence of the console in Japanese and English. Plain, short, the fact first; buttons name the act.

One module for each area of the console; a key stands in one of them.
"""

from __future__ import annotations

from mailguard.console.locale.alert_texts import ALERT_TEXTS
from mailguard.console.locale.audit_texts import AUDIT_TEXTS
from mailguard.console.locale.decide_texts import DECIDE_TEXTS
from mailguard.console.locale.figure_texts import FIGURE_TEXTS
from mailguard.console.locale.frame_texts import FRAME_TEXTS
from mailguard.console.locale.history_texts import HISTORY_TEXTS
from mailguard.console.locale.list_texts import LIST_TEXTS
from mailguard.console.locale.login_texts import LOGIN_TEXTS
from mailguard.console.locale.mail_texts import MAIL_TEXTS
from mailguard.console.locale.misdelivery_texts import MISDELIVERY_TEXTS
from mailguard.console.locale.own_texts import OWN_TEXTS
from mailguard.console.locale.policy_texts import POLICY_TEXTS
from mailguard.console.locale.queue_texts import QUEUE_TEXTS
from mailguard.console.locale.trouble_texts import TROUBLE_TEXTS
from mailguard.notify.phrases import Both

TEXTS: dict[str, Both] = {
    **ALERT_TEXTS,
    **DECIDE_TEXTS,
    **FRAME_TEXTS,
    **LIST_TEXTS,
    **LOGIN_TEXTS,
    **MAIL_TEXTS,
    **MISDELIVERY_TEXTS,
    **OWN_TEXTS,
    **POLICY_TEXTS,
    **TROUBLE_TEXTS,
    **FIGURE_TEXTS,
    **AUDIT_TEXTS,
    **QUEUE_TEXTS,
    **HISTORY_TEXTS,
}
