// What the queue gains with JavaScript: keys, "n new" without moving a row, and acts that count down. It works without.
(() => {
  "use strict";
  const list = document.querySelector("#list"), bar = document.querySelector("#new"), help = document.querySelector("#keys");
  const rows = () => [...document.querySelectorAll("tr[data-id]")];
  const boxes = () => [...document.querySelectorAll("input[name=message]")];
  const say = (word, count) => word.replace("#", count);

  // Selection
  const all = document.querySelector("#pick-all"), picked = document.querySelector("#picked");
  const counted = () => {
    const ticked = boxes().filter((box) => box.checked).length;
    if (picked) picked.textContent = ticked ? say(picked.dataset.word, ticked) : "";
    if (all) {
      all.checked = ticked > 0 && ticked === boxes().length;
      all.indeterminate = ticked > 0 && ticked < boxes().length;
    }
  };
  if (all) {
    all.closest("label").hidden = false;
    all.addEventListener("change", () => {
      for (const box of boxes()) box.checked = all.checked;
      counted();
    });
  }
  document.addEventListener("change", counted);

  // What comes in: a calm line, and no row moves under the finger.
  const title = document.title.replace(/^\(\d+\) /, "");
  let held = Number((document.title.match(/^\((\d+)\)/) || [0, 0])[1]), fresh = new Set(), waiting = 0;
  document.addEventListener("mailguard:mail", (event) => {
    const { kind, message_id: id } = event.detail;
    if (kind === "held" && id && !fresh.has(id)) {
      fresh.add(id);
      held += 1;
      document.title = `(${held}) ${title}`;
      if (bar) {
        bar.querySelector("span").textContent = say(bar.dataset.one, fresh.size);
        bar.hidden = false;
      }
    } else if (id) {
      const row = rows().find((one) => one.dataset.id === id);
      if (row) row.classList.add("changed");
    }
    if (!id) {
      clearTimeout(waiting);
      waiting = setTimeout(look, 200);
    }
  });

  // Acts under way: only their lines are read anew. While nothing but words and numbers differ, the buttons stay: one
  // that is replaced between press and release is not pressed.
  const moving = ".word, [data-until]";
  const frame = (jobs) => {
    const bare = jobs.cloneNode(true);
    for (const one of bare.querySelectorAll(moving)) one.textContent = "";
    for (const one of bare.querySelectorAll("progress")) one.removeAttribute("value");
    return bare.innerHTML.replace(/name="form_token"[^>]*/g, "");
  };
  const fill = (jobs, next) => {
    const words = next.querySelectorAll(".word"), measures = next.querySelectorAll("progress");
    jobs.querySelectorAll(".word").forEach((one, at) => {
      if (one.textContent !== words[at].textContent) one.replaceChildren(...words[at].childNodes);
    });
    jobs.querySelectorAll("progress").forEach((one, at) => { one.value = measures[at].value; });
  };
  let looking = false;
  async function look() {
    if (looking) return;
    looking = true;
    try {
      const answer = await fetch(location.href, { headers: { "X-Live": "1" }, credentials: "same-origin" });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const old = document.querySelector("#jobs"), next = page.querySelector("#jobs");
      if (!old || !next) return;
      const ended = old.querySelector("[data-job]") && !next.querySelector("[data-job]");
      const focused = old.contains(document.activeElement);
      if (frame(old) === frame(next)) fill(old, next);
      else old.replaceWith(next);
      if (focused) document.querySelector("#jobs [data-undo]")?.focus();
      if (ended && !boxes().some((box) => box.checked)) location.reload();
    } catch {
      // The next look tries again.
    } finally {
      looking = false;
    }
  }
  setInterval(() => { if (document.querySelector("#jobs [data-job]")) look(); }, 1000);

  // Keys (WCAG 2.1.4: they can be switched off)
  const off = () => localStorage.getItem("mailguard.keys") === "off";
  let at = Number(sessionStorage.getItem("mailguard.at") ?? -1);
  const go = (to) => {
    const found = rows();
    if (!found.length) return;
    at = Math.max(0, Math.min(found.length - 1, to));
    for (const row of found) row.removeAttribute("aria-current");
    found[at].setAttribute("aria-current", "true");
    found[at].querySelector(".subject-cell a").focus({ preventScroll: true });
    found[at].scrollIntoView({ block: "nearest" });
    sessionStorage.setItem("mailguard.at", at);
  };
  const box = () => rows()[at]?.querySelector("input[name=message]");
  const act = (name) => {
    if (!boxes().some((one) => one.checked) && box()) box().checked = true;
    const button = list?.querySelector(`button[name=act][value=${name}]`);
    if (button && boxes().some((one) => one.checked)) {
      button.disabled = false;
      list.requestSubmit(button);
    }
  };
  const keys = {
    j: () => go(at + 1),
    k: () => go(at - 1),
    x: () => { if (box()) box().click(); },
    a: () => act("release"),
    r: () => act("cancel"),
    u: () => document.querySelector("#jobs [data-undo]")?.click(),
    "/": () => {
      const field = document.querySelector("#q");
      field?.focus();
      field?.setSelectionRange(field.value.length, field.value.length);
    },
    "?": () => help?.showModal(),
  };
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest?.("tr[data-id]");
    if (row) {
      at = rows().indexOf(row);
      for (const one of rows()) one.toggleAttribute("aria-current", false);
      row.setAttribute("aria-current", "true");
    }
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");
    if (typing && event.key === "Escape") event.target.blur();
    if (typing || off() || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help?.open) return;
    const run = keys[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  });
  const opener = document.querySelector("#keys-help");
  if (opener && help) {
    opener.hidden = false;
    opener.addEventListener("click", () => help.showModal());
    help.querySelector("#keys-close").addEventListener("click", () => help.close());
    const button = help.querySelector("#keys-switch");
    const shown = () => { button.textContent = off() ? button.dataset.on : button.dataset.off; };
    button.addEventListener("click", () => {
      localStorage.setItem("mailguard.keys", off() ? "on" : "off");
      shown();
    });
    shown();
  }
  counted();
  if (at >= 0 && document.querySelector("#jobs [data-job]")) go(at);
  else at = -1;
})();
