"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const texts = $("texts").dataset;
  const log = $("log"), words = $("words"), files = $("files"), main = document.querySelector("main");
  const MOST_PHOTOS = 5, MOST_BYTES = 10 * 1024 * 1024;

  // --- drawing: text nodes only, never markup ---

  const make = (tag, className, text) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text) node.textContent = text;
    return node;
  };

  /** WhatsApp's *bold*, and https addresses; everything else stays text. */
  const write = (node, text) => {
    for (const part of text.split(/(\*[^*\n]+\*|https:\/\/[^\s*]*[^\s*.,;:!?)])/)) {
      if (/^\*[^*\n]+\*$/.test(part)) node.append(make("strong", "", part.slice(1, -1)));
      else if (part.startsWith("https://")) {
        const link = make("a", "", part);
        link.href = part; link.rel = "noopener noreferrer"; link.target = "_blank";
        node.append(link);
      } else if (part) node.append(part);
    }
  };

  const clock = (iso) => new Intl.DateTimeFormat("id-ID", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Makassar" }).format(new Date(iso));

  /** While the reader stays at the end, new lines, late pictures and the keyboard keep it in sight. */
  let following = true;
  main.addEventListener("scroll", () => { following = main.scrollHeight - main.scrollTop - main.clientHeight < 80; });
  const toEnd = () => { following = true; main.scrollTop = main.scrollHeight; };
  new ResizeObserver(() => { if (following) toEnd(); }).observe(main);

  const draw = (line) => {
    const mine = line.direction === "in";
    const item = make("li", (mine ? "mine" : "bot") + (line.urgent ? " urgent" : ""));
    item.dataset.id = line.id;
    const bubble = make("div", "bubble");
    for (const url of line.previews || []) {
      const image = make("img");
      image.src = url; image.alt = texts.photo;
      image.addEventListener("load", () => { if (following) toEnd(); });
      bubble.append(image);
    }
    if (line.photos && !(line.previews || []).length) bubble.append(`[${line.photos} ${texts.photo}] `);
    write(bubble, line.kind === "pin" ? texts.location : line.text || "");
    if (line.urgent && (line.text || "").includes("112")) {
      const dial = make("a", "dial", texts.call);
      dial.href = "tel:112";
      bubble.append(dial);
    }
    item.append(bubble);
    if (!mine) item.append(...chips(line));
    item.append(make("div", "meta", clock(line.at)));
    return item;
  };

  const chips = (line) => {
    const wanted = (line.buttons || []).map((b) => [b.title, () => ({ button: b.id }), b.title]);
    if (line.request === "location") wanted.push([texts.sendLocation, null, ""]);
    if (!wanted.length) return [];
    const row = make("div", "chips");
    for (const [title, body, shown] of wanted) {
      const chip = make("button", "chip", title);
      chip.type = "button";
      chip.addEventListener("click", () => {
        if (!body) { locate(); return; }
        settle(row, chip);
        post({ kind: "button", text: shown, body: body(), failed: () => open(row) });
      });
      row.append(chip);
    }
    return [row];
  };

  const settle = (row, taken) => {
    for (const chip of row.children) chip.disabled = true;
    if (taken) taken.classList.add("taken");
  };
  const open = (row) => {
    for (const chip of row.children) { chip.disabled = false; chip.classList.remove("taken"); }
  };

  const add = (line) => {
    const item = draw(line);
    log.append(item);
    $("welcome").hidden = true;
    if (following || line.direction === "in" || line.urgent) toEnd();
    return item;
  };

  // --- sending: shown at once, sent in order, sent again when the network comes back ---

  const pending = new Map();
  let queue = Promise.resolve();

  const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");

  const post = (message) => {
    message.id = newId();
    message.at = new Date().toISOString();
    message.item = add({ id: message.id, direction: "in", kind: message.kind, text: message.text, at: message.at, previews: message.previews, photos: (message.files || []).length });
    pending.set(message.id, message);
    enqueue(message);
  };

  const enqueue = (message) => {
    message.waiting = true;
    state(message, texts.sending);
    queue = queue.then(() => attempt(message)).catch(() => fail(message, ""));
  };

  const attempt = async (message, again = true) => {
    const headers = { "X-Siaga-Chat": "1" };
    let answer;
    try {
      if (message.files) {
        const form = new FormData();
        form.append("id", message.id);
        form.append("caption", message.text);
        for (const file of message.files) form.append("photos", file);
        answer = await fetch("/chat/photos", { method: "POST", headers, body: form });
      } else {
        headers["Content-Type"] = "application/json";
        answer = await fetch("/chat/messages", { method: "POST", headers, body: JSON.stringify({ id: message.id, ...message.body }) });
      }
    } catch {
      message.network = true;
      fail(message, "");
      return;
    }
    if (answer.ok) { sent(message); return; }
    if (answer.status === 401 && again) {
      await connect();
      return attempt(message, false);
    }
    const told = await answer.json().catch(() => ({}));
    message.network = answer.status >= 500;
    fail(message, told.message || "");
  };

  const state = (message, words_, bad) => {
    const meta = message.item.querySelector(".meta");
    meta.replaceChildren(`${clock(message.at)} · `, bad ? make("span", "bad", words_) : words_);
    return meta;
  };

  const sent = (message) => {
    message.waiting = false;
    message.done = true;
    state(message, texts.sent);
  };

  const fail = (message, why) => {
    message.waiting = false;
    const meta = state(message, texts.failed, true);
    if (why) meta.append(` ${why}`);
    const again = make("button", "", texts.again);
    again.type = "button";
    again.addEventListener("click", () => enqueue(message));
    meta.append(again);
    if (message.failed) message.failed();
  };

  const sendAgain = () => {
    for (const message of pending.values()) {
      if (!message.done && !message.waiting && message.network) { message.network = false; enqueue(message); }
    }
  };

  // --- hearing ---

  let source = null, last = "", retry = 0, opened = null;

  const hear = (event) => {
    if (event.lastEventId) last = event.lastEventId;
    return JSON.parse(event.data);
  };

  /** Begin to listen; resolves when the server has answered, and with it given the cookie. */
  const connect = () => {
    if (source) source.close();
    clearTimeout(retry);
    opened = new Promise((resolve) => {
      source = new EventSource(`/chat/events?after=${encodeURIComponent(last)}`);
      source.addEventListener("open", () => { banner(false); resolve(); sendAgain(); });
      source.addEventListener("error", () => {
        banner(true);
        resolve();
        if (source.readyState === EventSource.CLOSED) retry = setTimeout(connect, 3000);
      });
      source.addEventListener("history", (event) => replay(hear(event)));
      source.addEventListener("line", (event) => hearLine(hear(event)));
    });
    return opened;
  };

  const hearLine = (line) => {
    if (line.direction === "in" && pending.has(line.id)) { sent(pending.get(line.id)); return; }
    if ([...log.children].slice(-60).some((item) => item.dataset.id === line.id)) return;
    add(line);
  };

  /** The whole transcript: what this page sent and the transcript does not yet hold stays at the end. */
  const replay = (lines) => {
    const known = new Set(lines.map((line) => line.id));
    const kept = [...pending.values()].filter((message) => !known.has(message.id));
    log.setAttribute("aria-live", "off");
    log.replaceChildren(...lines.map((line) => (pending.has(line.id) ? pending.get(line.id).item : draw(line))));
    log.append(...kept.map((message) => message.item));
    for (const line of lines) if (pending.has(line.id)) sent(pending.get(line.id));
    const rows = [...log.querySelectorAll("li > .chips")];
    for (const row of rows) if (row.parentElement !== log.lastElementChild) settle(row, null);
    $("welcome").hidden = log.children.length > 0;
    toEnd();
    requestAnimationFrame(() => log.setAttribute("aria-live", "polite"));
  };

  const banner = (away) => { $("offline").hidden = !away; };

  // --- the composer ---

  let chosen = [], hintTimer = 0;

  const hint = (text, stay) => {
    const node = $("hint");
    clearTimeout(hintTimer);
    node.textContent = text;
    node.hidden = !text;
    if (text && !stay) hintTimer = setTimeout(() => hint(""), 12000);
  };

  const showChosen = () => {
    const strip = $("chosen");
    strip.replaceChildren(...chosen.map((photo, n) => {
      const item = make("li"), image = make("img"), remove = make("button");
      image.src = photo.url; image.alt = `${texts.photo} ${n + 1}`;
      remove.type = "button"; remove.setAttribute("aria-label", `${texts.remove} ${n + 1}`);
      remove.addEventListener("click", () => { chosen = chosen.filter((p) => p !== photo); URL.revokeObjectURL(photo.url); showChosen(); });
      item.append(image, remove);
      return item;
    }));
    strip.hidden = !chosen.length;
  };

  files.addEventListener("change", () => {
    hint("");
    for (const file of files.files) {
      if (file.size > MOST_BYTES) hint(texts.tooBig);
      else if (chosen.length >= MOST_PHOTOS) hint(texts.tooMany);
      else chosen.push({ file, url: URL.createObjectURL(file) });
    }
    files.value = "";
    showChosen();
  });

  const locate = () => {
    if (!navigator.geolocation || !window.isSecureContext) { hint(texts.noLocation); return; }
    hint(texts.locating, true);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => { hint(""); post({ kind: "pin", text: "", body: { pin: [coords.latitude, coords.longitude] } }); },
      () => { hint(texts.noLocation); words.focus(); },
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
    );
  };
  $("pin").addEventListener("click", locate);

  $("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = words.value.trim();
    if (chosen.length) {
      post({ kind: "photo", text, files: chosen.map((p) => p.file), previews: chosen.map((p) => p.url) });
      chosen = [];
      showChosen();
    } else if (text) post({ kind: "text", text, body: { text } });
    else return;
    words.value = "";
    grow();
    words.focus();
  });

  const grow = () => { words.rows = Math.min(5, Math.max(1, words.value.split("\n").length)); };
  words.addEventListener("input", grow);
  words.addEventListener("keydown", (event) => {
    const typed = event.key === "Enter" && !event.shiftKey && !event.isComposing;
    if (typed && matchMedia("(pointer: fine)").matches) { event.preventDefault(); $("composer").requestSubmit(); }
  });

  for (const chip of document.querySelectorAll("[data-say]")) {
    chip.addEventListener("click", () => post({ kind: "text", text: chip.dataset.say, body: { text: chip.dataset.say } }));
  }

  addEventListener("online", connect);
  addEventListener("offline", () => banner(true));
  connect();
})();
