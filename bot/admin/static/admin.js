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

  // --- sound ---

  let sound = null, ringing = 0;
  const beep = () => {
    if (!sound) return;
    const now = sound.currentTime;
    for (const [start, pitch] of [[0, 880], [0.25, 660], [0.5, 880]]) {
      const tone = sound.createOscillator(), loud = sound.createGain();
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0.35, now + start);
      loud.gain.exponentialRampToValueAtTime(0.001, now + start + 0.22);
      tone.connect(loud).connect(sound.destination);
      tone.start(now + start);
      tone.stop(now + start + 0.24);
    }
    document.documentElement.dataset.rang = String(++ringing);
  };
  const watch = document.getElementById("jaga");
  if (watch) {
    watch.addEventListener("click", () => {
      sound = sound ? (sound.close(), null) : new AudioContext();
      watch.classList.toggle("on", Boolean(sound));
      watch.textContent = sound ? watch.dataset.on : watch.dataset.off;
      watch.setAttribute("aria-pressed", String(Boolean(sound)));
      beep();
    });
  }

  // --- lists that stay fresh: only what changed is replaced, so nothing moves under a finger ---

  const keyed = (node) => new Map([...node.querySelectorAll(":scope > [data-key]")].map((n) => [n.dataset.key, n]));

  const busy = (node) => node.contains(document.activeElement) && document.activeElement.matches("input, select, textarea");

  const renew = (list, html) => {
    const fresh = new DOMParser().parseFromString(html, "text/html").body;
    const before = keyed(list), after = [...keyed(fresh).values()];
    const keys = new Set(after.map((node) => node.dataset.key));
    let last = null;
    for (const [key, node] of before) if (!keys.has(key)) node.remove();
    for (const node of after) {
      const old = before.get(node.dataset.key);
      const same = old && (old.dataset.revision === node.dataset.revision || busy(old));
      const shown = same ? old : document.importNode(node, true);
      if (old && !same) old.replaceWith(shown);
      const place = last ? last.nextElementSibling : list.firstElementChild;
      if (shown !== place) list.insertBefore(shown, place);
      last = shown;
    }
    return after.filter((node) => !before.has(node.dataset.key));
  };

  const keepFresh = (list) => {
    const seconds = Number(list.dataset.seconds), away = document.getElementById("putus");
    let misses = 0, lastRing = 0;
    const look = async () => {
      try {
        const answer = await fetch(list.dataset.refresh, { signal: AbortSignal.timeout(10000) });
        if (answer.redirected) { location.reload(); return; }
        if (!answer.ok) throw new Error(String(answer.status));
        const added = renew(list, await answer.text());
        misses = 0;
        count();
        if (list.dataset.alarm) {
          const open = list.querySelectorAll("[data-unanswered]").length;
          document.title = `${open ? `(${open}) ` : ""}${document.title.replace(/^\(\d+\) /, "")}`;
          if (added.some((node) => node.dataset.unanswered) || (open && Date.now() - lastRing > 20000)) {
            lastRing = Date.now();
            beep();
          }
        }
      } catch {
        misses += 1;
      }
      if (away) away.hidden = misses < 3;
      setTimeout(look, seconds * 1000);
    };
    setTimeout(look, seconds * 1000);
  };
  for (const list of document.querySelectorAll("[data-refresh]")) keepFresh(list);
})();
