/* The live preview of the options page. Without this file the preview's button does the same with a page load. */
(() => {
  "use strict";
  const box = document.querySelector(".pg-preview");
  const form = document.getElementById("pg-options");
  if (!box || !form) return;
  const image = document.getElementById("pg-preview-image");
  const empty = box.querySelector(".pg-preview-empty");
  const status = box.querySelector(".pg-preview-status");
  const button = document.getElementById("pg-preview-button");
  const headers = { Accept: "application/json" };
  let timer = 0;
  let pause = 0;
  let round = 0; // Answers to an earlier question are dropped.

  const show = (answer) => {
    box.dataset.state = answer.state;
    box.toggleAttribute("data-silent", Boolean(answer.silent));
    if (status.textContent !== answer.message) status.textContent = answer.message || "";
    if (answer.url && image.getAttribute("src") !== answer.url) image.src = answer.url;
    if (answer.url) { image.hidden = false; empty.hidden = true; }
  };

  const failed = () => show({ state: "failed", message: box.dataset.failed });

  const poll = (mine, wait) => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      try {
        const reply = await fetch(box.dataset.url, { headers });
        if (mine !== round) return;
        if (!reply.ok) { failed(); return; }
        const answer = await reply.json();
        show(answer);
        if (answer.state === "waiting" || answer.state === "working") poll(mine, Math.min(wait * 1.25, 4000));
      } catch { if (mine === round) { failed(); poll(mine, 5000); } }
    }, wait);
  };

  const ask = async () => {
    const mine = ++round;
    clearTimeout(timer);
    try {
      const reply = await fetch(box.dataset.url, { method: "POST", body: new FormData(form), headers });
      if (mine !== round) return;
      const answer = await reply.json();
      show(answer);
      if (reply.ok) poll(mine, 400);
    } catch { if (mine === round) failed(); }
  };

  // Move it: what is dragged or slid goes into a hidden field by product, and with it into the job.
  const moved = form.elements.moves;
  const panel = box.querySelector(".pg-move");
  if (moved && panel) {
    const item = document.getElementById("pg-preview-item");
    const frame = box.querySelector(".pg-preview-frame");
    const slides = [...panel.querySelectorAll("[data-move]")];
    const all = () => { try { return JSON.parse(moved.value) || {}; } catch { return {}; } };
    const key = () => item.selectedOptions[0]?.dataset.product || "";
    const keep = (change) => {
      const state = all();
      state[key()] = { ...state[key()], ...change };
      moved.value = JSON.stringify(state);
      clearTimeout(pause);
      pause = setTimeout(ask, 250);
    };
    const reveal = () => {
      const mine = all()[key()] || {};
      for (const slide of slides) slide.value = mine[slide.dataset.move] ?? slide.defaultValue;
    };
    const shift = (right, down) => {
      const mine = all()[key()] || {};
      const held = (value) => Math.min(0.5, Math.max(-0.5, value));
      keep({ right: held((mine.right || 0) + right), down: held((mine.down || 0) + down) });
    };
    panel.hidden = false;
    reveal();
    item.addEventListener("change", reveal);
    for (const slide of slides) slide.addEventListener("input", () => keep({ [slide.dataset.move]: Number(slide.value) }));
    document.getElementById("pg-move-reset").addEventListener("click", () => {
      const state = all();
      delete state[key()];
      moved.value = JSON.stringify(state);
      reveal();
      ask();
    });
    frame.tabIndex = 0;
    frame.setAttribute("aria-describedby", "pg-move-help");
    const steps = { ArrowLeft: [-0.01, 0], ArrowRight: [0.01, 0], ArrowUp: [0, -0.01], ArrowDown: [0, 0.01] };
    frame.addEventListener("keydown", (event) => {
      if (!steps[event.key]) return;
      event.preventDefault();
      shift(...steps[event.key]);
    });
    let from = null;
    image.draggable = false;
    image.addEventListener("pointerdown", (event) => { from = event; image.setPointerCapture(event.pointerId); });
    image.addEventListener("pointermove", (event) => {
      if (from) image.style.translate = `${event.clientX - from.clientX}px ${event.clientY - from.clientY}px`;
    });
    const dropped = (event) => {
      if (!from) return;
      const { width, height } = image.getBoundingClientRect();
      const [right, down] = [(event.clientX - from.clientX) / width, (event.clientY - from.clientY) / height];
      from = null;
      image.style.translate = "";
      if (event.type === "pointerup" && Math.hypot(right, down) > 0.005) shift(right, down);
    };
    image.addEventListener("pointerup", dropped);
    image.addEventListener("pointercancel", dropped);
  }

  button.addEventListener("click", (event) => { event.preventDefault(); ask(); });
  form.addEventListener("change", () => { clearTimeout(pause); pause = setTimeout(ask, 500); });
  form.addEventListener("submit", () => { clearTimeout(pause); clearTimeout(timer); round++; });
  if (box.dataset.state === "waiting" || box.dataset.state === "working") poll(++round, 400);
  else if (!image.getAttribute("src")) ask();
})();
