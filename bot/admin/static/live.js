"use strict";
(() => {
  // --- sound: made here, after a press, since browsers allow none before ---

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
    const shift = watch.closest("form[data-shift]");
    watch.addEventListener("click", (event) => {
      event.preventDefault();
      sound = sound ? (sound.close(), null) : new AudioContext();
      // The press that allows sound begins the shift as well; without this script the form does.
      if (shift && sound) fetch(shift.action, {
        method: "POST", body: new URLSearchParams(new FormData(shift)), headers: { "X-Siaga-Part": "1" },
        signal: AbortSignal.timeout(15000),
      }).then((answer) => { if (answer.status !== 204) location.reload(); }, () => location.reload());
      watch.classList.toggle("on", Boolean(sound));
      watch.textContent = sound ? watch.dataset.on : watch.dataset.off;
      watch.setAttribute("aria-pressed", String(Boolean(sound)));
      beep();
    });
  }

  // --- what screen readers are told: news only, not every second that passes ---

  const said = document.createElement("p");
  said.className = "unseen";
  said.setAttribute("aria-live", "polite");
  document.body.append(said);
  const tell = (words) => { said.textContent = ""; setTimeout(() => { said.textContent = words; }, 50); };

  // --- lists that stay fresh: only what changed is replaced, so nothing moves under a finger ---

  const keyed = (node) => new Map([...node.querySelectorAll(":scope > [data-key]")].map((n) => [n.dataset.key, n]));

  const busy = (node) => node.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")
    || [...node.querySelectorAll("textarea")].some((field) => field.value !== field.defaultValue)
    || node.querySelector(".pickone") !== null;

  const renew = (list, html) => {
    const fresh = new DOMParser().parseFromString(html, "text/html").body;
    const before = keyed(list), after = [...keyed(fresh).values()];
    const keys = new Set(after.map((node) => node.dataset.key));
    const grows = Boolean(list.dataset.grow);
    let last = null;
    for (const [key, node] of before) {
      if (keys.has(key)) continue;
      // A long transcript is brought up to date at its end only; what stands above stays.
      if (grows) last = node; else node.remove();
    }
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
    const away = document.getElementById("putus");
    let misses = 0, lastRing = 0, stream = null;

    const take = (html) => {
      const added = renew(list, html);
      misses = 0;
      if (away) away.hidden = true;
      document.dispatchEvent(new Event("renewed"));
      const news = added.filter((node) => node.dataset.tell || node.matches(".in"));
      if (news.length) tell(`${list.dataset.tell}: ${news.map((n) => n.dataset.tell || n.querySelector(".bubble")?.innerText || "").join("; ")}`);
      if (!list.dataset.alarm) return;
      const open = list.querySelectorAll("[data-unanswered]").length;
      document.title = `${open ? `(${open}) ` : ""}${document.title.replace(/^\(\d+\) /, "")}`;
      if (added.some((node) => node.dataset.unanswered)) { lastRing = Date.now(); beep(); }
    };

    // Someone in danger is not forgotten: the sound comes back as long as nobody accepted.
    if (list.dataset.alarm) setInterval(() => {
      if (list.querySelector("[data-unanswered]") && Date.now() - lastRing > 20000) { lastRing = Date.now(); beep(); }
    }, 1000);

    const miss = () => {
      misses += 1;
      if (away) away.hidden = misses < 3;
    };

    const look = async () => {
      if (stream) return;
      try {
        const answer = await fetch(list.dataset.refresh, { signal: AbortSignal.timeout(10000) });
        if (answer.redirected) { location.reload(); return; }
        if (!answer.ok) throw new Error(String(answer.status));
        take(await answer.text());
      } catch {
        miss();
      }
      setTimeout(look, Number(list.dataset.seconds) * 1000);
    };

    // The stream first; where it does not get through, the list is asked for, and the stream tried again later.
    const listen = () => {
      let failures = 0;
      stream = new EventSource(list.dataset.stream);
      list.dataset.way = "stream";
      stream.addEventListener("daftar", (event) => { failures = 0; take(event.data); });
      stream.addEventListener("keadaan", (event) => {
        const state = document.getElementById("keadaan");
        if (state && !state.contains(document.activeElement)) state.innerHTML = event.data;
      });
      stream.addEventListener("keluar", () => location.reload());
      stream.addEventListener("open", () => { misses = 0; if (away) away.hidden = true; });
      stream.addEventListener("error", () => {
        failures += 1;
        miss();
        if (failures < 3 && stream.readyState !== EventSource.CLOSED) return;
        stream.close();
        stream = null;
        list.dataset.way = "poll";
        setTimeout(look, Number(list.dataset.seconds) * 1000);
        setTimeout(listen, 30000);
      });
    };
    if (list.dataset.stream && window.EventSource) listen();
    else setTimeout(look, Number(list.dataset.seconds) * 1000);
  };
  for (const list of document.querySelectorAll("[data-refresh]")) keepFresh(list);

  // --- an answer to the citizen goes without leaving the page ---

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-reply]")) return;
    event.preventDefault();
    const field = form.querySelector("textarea"), button = form.querySelector("button:not([type=button])");
    form.querySelector(".note")?.remove();
    button.disabled = true;
    const note = document.createElement("p");
    note.setAttribute("role", "status");
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "X-Siaga-Part": "1" },
        signal: AbortSignal.timeout(15000),
      });
      if (answer.redirected) { location.reload(); return; }
      if (answer.status !== 204) throw new Error(String(answer.status));
      field.value = "";
      note.className = "note good";
      note.textContent = "Balasan dikirim.";
    } catch {
      note.className = "note bad";
      note.textContent = "Balasan belum terkirim. Tulisan Anda masih ada; coba kirim lagi.";
    } finally {
      button.disabled = false;
      delete form.dataset.sent;
    }
    form.prepend(note);
    field.focus();
  });
})();
