"use strict";
(() => {
  // --- a label is corrected in two presses, without leaving the place ---

  const part = { headers: { "X-Siaga-Part": "1" } };
  const messages = () => [...document.querySelectorAll("[data-message]")];
  const current = () => document.activeElement?.closest("[data-message]") || document.querySelector("[data-message].now");
  const openForm = () => document.querySelector(".pickone");

  const close = () => {
    const form = openForm(), message = form?.closest("[data-message]");
    form?.remove();
    message?.focus({ preventScroll: true });
  };

  const go = (message) => {
    if (!message) return;
    for (const other of document.querySelectorAll("[data-message].now")) other.classList.remove("now");
    message.classList.add("now");
    message.focus({ preventScroll: true });
    message.scrollIntoView({ block: "nearest" });
  };

  const options = (form) => [...form.querySelectorAll(".option")].filter((option) => !option.hidden);

  const open = async (chip) => {
    const message = chip.closest("[data-message]"), again = openForm()?.dataset.of === chip.href;
    close();
    if (again) return;
    try {
      const answer = await fetch(chip.href, part);
      if (answer.redirected || !answer.ok) { location.assign(chip.href); return; }
      const form = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("form");
      form.dataset.of = chip.href;
      chip.closest(".chips").after(document.importNode(form, true));
      go(message);
      const shown = openForm();
      (shown.querySelector("[aria-current]") || shown.querySelector(".option")).focus({ preventScroll: true });
      shown.scrollIntoView({ block: "nearest" });
    } catch {
      location.assign(chip.href);
    }
  };

  const save = async (form, button) => {
    const message = form.closest("[data-message]");
    const given = new URLSearchParams(new FormData(form, button));
    try {
      const answer = await fetch(form.action, { method: "POST", body: given, ...part });
      if (answer.redirected || !answer.ok) throw new Error(String(answer.status));
      const chips = message.querySelector(".chips");
      chips.replaceChildren(...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes);
      close();
      go(message);
    } catch {
      // The page itself says what is wrong.
      form.removeAttribute("data-review-form");
      form.requestSubmit(button);
    }
  };

  document.addEventListener("click", (event) => {
    const chip = event.target.closest("a.chip[data-aspect]");
    if (!chip || event.ctrlKey || event.metaKey || !chip.closest("[data-message]")) return;
    event.preventDefault();
    open(chip);
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-review-form]") || !form.closest("[data-message]")) return;
    event.preventDefault();
    delete form.dataset.sent;
    save(form, event.submitter);
  });

  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-narrow]")) return;
    const words = event.target.value.toLowerCase();
    let n = 0;
    for (const option of event.target.form.querySelectorAll(".option")) {
      const label = option.textContent.replace(/^\d /, "");
      option.hidden = !label.toLowerCase().includes(words);
      option.querySelector("kbd")?.remove();
      if (!option.hidden && ++n < 10) {
        const key = document.createElement("kbd");
        key.textContent = String(n);
        option.prepend(key, " ");
      }
    }
  });

  // --- by keyboard ---

  const KEYS = { m: "maksud", g: "kategori", l: "lokasi", d: "darurat", b: "benar" };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const form = openForm(), writing = event.target.matches("input, textarea, select");
    if (form && event.key === "Escape") { event.preventDefault(); close(); return; }
    if (writing && event.key === "Enter" && form?.contains(event.target)) {
      event.preventDefault();
      const first = options(form)[0];
      if (first) form.requestSubmit(first);
      return;
    }
    if (writing) return;
    if (form && /^[1-9]$/.test(event.key)) {
      event.preventDefault();
      options(form)[Number(event.key) - 1]?.focus();
      return;
    }
    if (form && ["ArrowDown", "ArrowRight", "ArrowUp", "ArrowLeft"].includes(event.key)) {
      event.preventDefault();
      const all = options(form), step = event.key === "ArrowDown" || event.key === "ArrowRight" ? 1 : -1;
      all[(all.indexOf(document.activeElement) + step + all.length) % all.length]?.focus();
      return;
    }
    if (event.key === "j" || event.key === "k") {
      event.preventDefault();
      close();
      const all = messages(), here = all.indexOf(current());
      go(all[event.key === "j" ? Math.min(all.length - 1, here + 1) : Math.max(0, here - 1)]);
      return;
    }
    const aspect = KEYS[event.key], message = current();
    if (!aspect || !message || form) return;
    event.preventDefault();
    message.querySelector(`.chips [data-aspect="${aspect}"]`)?.click();
  });
})();
