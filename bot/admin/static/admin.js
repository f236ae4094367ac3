"use strict";
(() => {
  // --- time since, counted on ---

  const ago = (seconds) => {
    if (seconds < 60) return `${seconds} detik`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} menit ${seconds % 60} detik`;
    if (seconds < 86400) return `${Math.floor(seconds / 3600)} jam ${Math.floor((seconds % 3600) / 60)} menit`;
    return `${Math.floor(seconds / 86400)} hari`;
  };
  const count = () => {
    for (const node of document.querySelectorAll("[data-since]")) {
      const seconds = Math.max(0, Math.floor((Date.now() - new Date(node.dataset.since)) / 1000));
      node.textContent = ago(seconds);
      node.classList.toggle("late", seconds > 60);
    }
  };
  setInterval(count, 1000);
  document.addEventListener("renewed", count);
  count();

  // --- copying ---

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.innerText);
      const label = button.textContent;
      button.textContent = button.dataset.copied;
      setTimeout(() => { button.textContent = label; }, 2000);
    } catch {
      // Without the clipboard the words are marked, so that the keyboard can copy them.
      getSelection().selectAllChildren(source);
    }
  });

  // --- a change is sent once ---

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
    setTimeout(() => { delete form.dataset.sent; }, 5000);
  });
})();
