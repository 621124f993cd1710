// Notifications of the browser: what waits, never what a mail says. Asked for by a press of the button, never before.
(() => {
  "use strict";
  const words = document.querySelector("#alert-words")?.dataset;
  const KEY = "mailguard-alerts";
  const kept = () => { try { return localStorage.getItem(KEY) || ""; } catch { return ""; } };
  const keep = (value) => { try { localStorage.setItem(KEY, value); } catch { /* remembered until the page goes */ } };
  if (!words || !("Notification" in window)) return;

  const on = () => kept() !== "" && Notification.permission === "granted";
  const show = () => {
    const box = document.querySelector("#browser-alerts");
    if (!box) return;
    const part = (name) => box.querySelector(`[data-alerts=${name}]`);
    box.hidden = false;
    const denied = Notification.permission === "denied";
    part("on").hidden = on() || denied;
    part("state").hidden = part("off").hidden = !on();
    part("denied").hidden = !denied;
    const all = part("all");
    if (all) {
      all.closest("label").hidden = !on();
      all.checked = kept() === "all";
    }
  };

  // One notification for each kind: it counts the mails since somebody last looked.
  const seen = { hold: new Set(), approval: new Set(), other: new Set() };
  const tell = (kind, id) => {
    if (!seen[kind] || seen[kind].has(id)) return;
    seen[kind].add(id);
    const count = seen[kind].size;
    const title = count > 1 ? words[`${kind}Many`].replace("#", count) : words[kind];
    try {
      const shown = new Notification(title, { body: words.open, tag: `mailguard-${kind}`, icon: words.icon });
      shown.addEventListener("click", () => {
        window.focus();
        const list = kind === "other" ? "/all?state=held" : "/mine";
        location.assign(words.root + (count > 1 || !id ? list : `/messages/${id}`));
        shown.close();
      });
    } catch { /* some phones have the word and not the thing */ }
  };
  const looked = () => Object.values(seen).forEach((some) => some.clear());

  // Another process took a mail in: nobody said which, so the page says how many wait.
  let waits = Number(document.documentElement.dataset.waits || 0);
  const count = async () => {
    const answer = await fetch(`${words.root}/mine`, { headers: { "X-Live": "1" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = Number(page.documentElement.dataset.waits || 0);
    if (now > waits) tell("hold", "");
    waits = now;
  };

  document.addEventListener("mailguard:mail", (event) => {
    const { alert, kind, message_id: id } = event.detail;
    if (!on() || (document.visibilityState === "visible" && document.hasFocus())) return;
    if (kind === "again") count().catch(() => {});
    else if (alert && (alert !== "other" || kept() === "all")) tell(alert, id);
  });
  document.addEventListener("click", async (event) => {
    const wanted = event.target.closest("#browser-alerts button")?.dataset.alerts;
    if (wanted === "on" && (await Notification.requestPermission()) === "granted") keep("own");
    if (wanted === "off") keep("");
    if (wanted) show();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-alerts=all]")) keep(event.target.checked ? "all" : "own");
  });
  document.addEventListener("mailguard:shown", show);
  window.addEventListener("focus", looked);
  window.addEventListener("storage", show);
  show();
})();
