// What a page gains with JavaScript: it hears of changes (SSE) and its clocks run. Everything works without.
(() => {
  "use strict";
  const root = document.documentElement.dataset;

  // Clocks: <span data-until="ISO time"> shows what is left.
  const left = (until) => {
    const seconds = Math.max(0, Math.round((until - Date.now()) / 1000));
    const h = Math.floor(seconds / 3600), m = Math.floor(seconds / 60) % 60, s = seconds % 60;
    if (h >= 48) {
      const days = Math.floor(h / 24), ja = document.documentElement.lang === "ja", more = h % 24;
      return (ja ? `${days}日` : `${days} days`) + (more ? (ja ? `${more}時間` : ` ${more} h`) : "");
    }
    if (h) return document.documentElement.lang === "ja" ? `${h}時間${m}分` : `${h} h ${m} min`;
    return `${m}:${String(s).padStart(2, "0")}`;
  };
  const tick = () => {
    for (const clock of document.querySelectorAll("[data-until]")) {
      clock.textContent = left(Date.parse(clock.dataset.until));
      // Whoever ended it says so; should that not be heard, look after a while.
      if ("ends" in clock.dataset && Date.parse(clock.dataset.until) + 3000 < Date.now()) {
        delete clock.dataset.ends;
        changed();
      }
    }
  };

  // A button that sends what is selected says so only when something is.
  const selection = () => {
    const picked = document.querySelectorAll("input[name=recipient]:checked").length;
    for (const button of document.querySelectorAll("[data-needs-selection]")) button.disabled = picked === 0;
    const rows = document.querySelectorAll("input[name=message]:checked").length;
    for (const button of document.querySelectorAll("[data-needs-rows]")) button.disabled = rows === 0;
  };

  // Somebody who is filling something in must not lose it.
  const busy = () =>
    [...document.querySelectorAll("main textarea, main input[type=text], main input[type=search], main input[type=email]")]
      .some((field) => field === document.activeElement || field.value !== field.defaultValue) ||
    document.querySelector("main form input[type=checkbox]:checked, main input[type=radio]:checked, main input[type=radio]:focus") !== null ||
    document.querySelector("main button:focus, main [data-open]:focus") !== null;

  const show = () => {
    tick();
    selection();
  };
  const replace = async () => {
    const answer = await fetch(location.href, { headers: { "X-Live": "1" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.title = page.title;
    const banner = document.querySelector("#changed");
    if (busy() && banner) {
      banner.hidden = false;
      return;
    }
    const open = [...document.querySelectorAll("main details")].map((one) => one.open);
    for (const name of ["main", ".bar"]) {
      const fresh = page.querySelector(name), old = document.querySelector(name);
      if (fresh && old) old.replaceWith(fresh);
    }
    [...document.querySelectorAll("main details")].forEach((one, at) => { if (open[at]) one.open = true; });
    show();
    document.dispatchEvent(new Event("mailguard:shown"));
  };
  const changed = () => { replace().catch(() => {}); };

  // Whether this browser notifies (notify.js): then a page that shows nothing live hears of mail all the same.
  const alerted = () => { try { return !!localStorage.getItem("mailguard-alerts"); } catch { return false; } };
  let waiting = 0;
  const hear = () => {
    const about = document.querySelector("main")?.dataset.live;
    if (!(about || alerted()) || !root.events || !window.EventSource) return;
    const source = new EventSource(root.events);
    source.addEventListener("mail", (event) => {
      const said = JSON.parse(event.data), id = said.message_id;
      document.dispatchEvent(new CustomEvent("mailguard:mail", { detail: said }));
      // The queue says itself what is new: a row must not move under the finger.
      if (!about || about === "queue") return;
      if (about !== "list" && id && id !== about) return;
      clearTimeout(waiting);
      waiting = setTimeout(changed, 150);
    });
    // What happened while no stream was open was not heard: look again after a break, and while something is under way.
    let first = true;
    source.addEventListener("open", () => {
      if (!first && about === "queue") document.dispatchEvent(new CustomEvent("mailguard:mail", { detail: { kind: "again", message_id: "" } }));
      else if (!first && about) changed();
      first = false;
    });
    const looking = setInterval(() => {
      if (document.querySelector("main [data-under-way]")) changed();
      else clearInterval(looking);
    }, 2000);
    window.addEventListener("pagehide", () => source.close());
  };

  document.addEventListener("change", selection);
  // Enter on a box would send the form; it means nothing there.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input[type=checkbox], input[type=radio]")) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("#refresh")) {
      event.preventDefault();
      location.reload();
    }
  });
  // The same button pressed twice is one decision.
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "1";
    setTimeout(() => { delete event.target.dataset.sent; }, 4000);
  });
  window.addEventListener("pageshow", show);
  show();
  setInterval(tick, 1000);
  hear();
})();
