"use strict";
(() => {
  // --- sentences at hand: by a press, or by "/" and letters ---

  for (const field of document.querySelectorAll("[data-canned]")) {
    const list = document.getElementById(field.dataset.canned);
    if (!list) continue;
    const buttons = [...list.querySelectorAll("[data-insert]")];

    const typed = () => /(^|\s)\/([a-z0-9-]*)$/i.exec(field.value.slice(0, field.selectionStart));
    const fitting = (letters) => buttons.filter((button) => button.dataset.shortcut.startsWith(letters.toLowerCase()));

    const insert = (button) => {
      const begun = typed();
      const end = field.selectionStart, start = begun ? end - begun[2].length - 1 : end;
      field.setRangeText(button.dataset.insert, start, end, "end");
      field.focus();
      narrow();
    };

    const narrow = () => {
      const begun = typed();
      const kept = begun ? fitting(begun[2]) : buttons;
      for (const button of buttons) {
        button.parentElement.hidden = !kept.includes(button);
        button.classList.toggle("next", Boolean(begun) && button === kept[0]);
      }
    };

    field.addEventListener("input", narrow);
    field.addEventListener("keydown", (event) => {
      const begun = typed();
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); field.form.requestSubmit(); return; }
      if (!begun || !["Enter", "Tab"].includes(event.key)) return;
      const first = fitting(begun[2])[0];
      if (first) { event.preventDefault(); insert(first); }
    });
    for (const button of buttons) button.addEventListener("click", () => insert(button));
  }
})();
