// The decision on a mail: its button says what it will do, as the answers are now. Without this the server asks once
// more with a button that says so (console/choices.py makes the same sentences).
(() => {
  "use strict";
  const asked = (form) => [...form.querySelectorAll("[data-ask]")];
  const answer = (one) => one.querySelector("input:checked")?.value ?? "";
  const counted = (count, one, more) => (count === 0 ? "" : count === 1 ? one : more.replace("{count}", count));

  const plan = (form) => {
    let people = 0, files = 0, hide = 0, stop = false;
    for (const one of asked(form)) {
      if (answer(one) !== "safe") continue;
      if ("stops" in one.dataset) { stop = true; continue; }
      const [p, f, h] = one.dataset.ask.split(".").map(Number);
      people += p; files += f; hide += h;
    }
    return {
      people, files, hide, stop: stop || people >= Number(form.dataset.held),
      missing: asked(form).filter((one) => !answer(one)),
    };
  };
  const code = (now) => (now.missing.length ? "" : now.stop ? "stop" : `${now.people}.${now.files}.${now.hide}`);
  const label = (now, words) => {
    if (now.missing.length) return words.open;
    if (now.stop) return words.stop;
    const named = [counted(now.people, words.person, words.people), counted(now.files, words.file, words.files)].filter(Boolean);
    if (!named.length) return now.hide ? words.hide : words.keep;
    const both = named.length === 1 ? named[0] : words.both.replace("{people}", named[0]).replace("{files}", named[1]);
    return (now.hide ? words.removeHide : words.remove).replace("{what}", both);
  };
  const show = (form) => {
    const button = form.querySelector("button[data-asks]"), named = form.querySelector("input[name=named]");
    if (!button || !named) return;
    const now = plan(form);
    named.value = code(now);
    button.textContent = label(now, button.dataset);
    const safe = !now.missing.length && (now.stop || now.people || now.files || now.hide);
    button.closest(".acts").dataset.safe = safe ? "send" : "stop";
  };

  document.addEventListener("change", (event) => {
    const one = event.target.closest("[data-ask]"), form = event.target.closest("form");
    if (!one || !form) return;
    one.classList.remove("missing");
    one.querySelector(".this").textContent = "";
    for (const way of one.querySelectorAll("input")) way.removeAttribute("aria-invalid");
    show(form);
  });
  // What is not answered is said beside it, and the first of them has the focus.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-asks]");
    const form = button?.form;
    if (!form) return;
    const { missing } = plan(form);
    if (!missing.length) return;
    event.preventDefault();
    for (const one of missing) {
      one.classList.add("missing");
      one.querySelector(".this").textContent = form.dataset.choose;
      for (const way of one.querySelectorAll("input")) way.setAttribute("aria-invalid", "true");
    }
    missing[0].querySelector("input").focus();
  });
  // A browser that brings back a page brings back its answers, not what the button said.
  window.addEventListener("pageshow", () => { for (const form of document.querySelectorAll("#decision")) show(form); });
})();
