"use strict";
// The mask is a canvas of its own, opaque where the product is. The photo is only looked at: what is sent holds
// nothing of it, so a photo from another site does not lock the canvas.
(() => {
  const form = document.getElementById("pg-cut");
  if (!form) return;
  const LONGEST = 1200, KEPT = 30;
  const view = document.getElementById("pg-cut-canvas"), screen = view.getContext("2d");
  const mask = document.createElement("canvas"), ink = mask.getContext("2d", { willReadFrequently: true });
  const veil = document.createElement("canvas"), veiled = veil.getContext("2d");
  const size = document.getElementById("pg-cut-size"), undo = document.getElementById("pg-cut-undo");
  const reset = document.getElementById("pg-cut-reset"), save = document.getElementById("pg-cut-save");
  const alone = document.getElementById("pg-cut-alone"), message = document.getElementById("pg-cut-message");
  const places = JSON.parse(document.getElementById("pg-cut-places").textContent);
  const photo = new Image();
  let tool = "add", last = null, pointer = null, first = null, box = null;  // box: two corners, in pixels
  const steps = [];

  const load = (image, url) => new Promise((done, failed) => { image.onload = done; image.onerror = failed; image.src = url; });

  async function begin() {
    try { await load(photo, form.dataset.photo); } catch { message.textContent = form.dataset.broken; return; }
    const scale = Math.min(1, LONGEST / Math.max(photo.naturalWidth, photo.naturalHeight));
    for (const canvas of [view, mask, veil]) {
      canvas.width = Math.round(photo.naturalWidth * scale);
      canvas.height = Math.round(photo.naturalHeight * scale);
    }
    if (form.dataset.outline) {
      const outline = new Image();
      try { await load(outline, form.dataset.outline); } catch { /* begin with an empty one */ }
      if (outline.naturalWidth) {
        ink.drawImage(outline, 0, 0, mask.width, mask.height);
        const pixels = ink.getImageData(0, 0, mask.width, mask.height), data = pixels.data;
        for (let i = 0; i < data.length; i += 4) {
          data[i + 3] = data[i] > 127 ? 255 : 0;
          data[i] = data[i + 1] = data[i + 2] = 255;
        }
        ink.putImageData(pixels, 0, 0);
      }
    }
    first = ink.getImageData(0, 0, mask.width, mask.height);
    view.dataset.ready = "";
    paint();
  }

  function paint() {
    screen.globalCompositeOperation = "source-over";
    screen.clearRect(0, 0, view.width, view.height);
    screen.drawImage(photo, 0, 0, view.width, view.height);
    veiled.globalCompositeOperation = "source-over";
    veiled.clearRect(0, 0, veil.width, veil.height);
    veiled.fillStyle = alone.checked ? "#ffffff" : "rgb(190 20 90 / 60%)";
    veiled.fillRect(0, 0, veil.width, veil.height);
    veiled.globalCompositeOperation = "destination-out";
    veiled.drawImage(mask, 0, 0);
    screen.drawImage(veil, 0, 0);
    // Where the inspector sees something missing (dashed) or left over, until it has been drawn on.
    if (!steps.length) {
      for (const [left, top, right, bottom, kind] of places) {
        const place = [left * view.width, top * view.height, (right - left) * view.width, (bottom - top) * view.height];
        for (const [width, colour] of [[4, "#fff"], [2, "#d6005c"]]) {
          screen.setLineDash(kind === "missing" ? [8, 6] : []);
          screen.lineWidth = width; screen.strokeStyle = colour; screen.strokeRect(...place);
        }
      }
      screen.setLineDash([]);
    }
    if (box) {
      const [x0, y0, x1, y1] = corners();
      screen.fillStyle = "rgb(0 0 0 / 45%)";
      for (const part of [[0, 0, view.width, y0], [0, y1, view.width, view.height - y1], [0, y0, x0, y1 - y0], [x1, y0, view.width - x1, y1 - y0]]) screen.fillRect(...part);
      for (const [width, colour] of [[4, "#000"], [2, "#fff"]]) { screen.lineWidth = width; screen.strokeStyle = colour; screen.strokeRect(x0, y0, x1 - x0, y1 - y0); }
    }
    if (pointer && tool !== "box") {
      screen.beginPath();
      screen.arc(pointer.x, pointer.y, size.value / 2, 0, 2 * Math.PI);
      screen.lineWidth = 3; screen.strokeStyle = "#000"; screen.stroke();
      screen.lineWidth = 1; screen.strokeStyle = "#fff"; screen.stroke();
    }
  }

  const corners = () => {
    const inside = (value, most) => Math.min(most, Math.max(0, value));
    return [inside(Math.min(box.from.x, box.to.x), view.width), inside(Math.min(box.from.y, box.to.y), view.height),
      inside(Math.max(box.from.x, box.to.x), view.width), inside(Math.max(box.from.y, box.to.y), view.height)];
  };

  let asked = false;
  const repaint = () => { if (!asked) { asked = true; requestAnimationFrame(() => { asked = false; paint(); }); } };

  const at = (event) => {
    const area = view.getBoundingClientRect();
    return { x: (event.clientX - area.left) * view.width / area.width, y: (event.clientY - area.top) * view.height / area.height };
  };

  function stroke(from, to) {
    ink.globalCompositeOperation = tool === "add" ? "source-over" : "destination-out";
    ink.strokeStyle = "#fff"; ink.lineCap = "round"; ink.lineJoin = "round"; ink.lineWidth = size.value;
    ink.beginPath(); ink.moveTo(from.x, from.y); ink.lineTo(to.x + 0.01, to.y); ink.stroke();
    repaint();
  }

  const changed = () => { undo.disabled = steps.length === 0 && !box; reset.disabled = save.disabled = undo.disabled; };

  view.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !first) return;
    event.preventDefault();
    view.focus({ preventScroll: true });
    view.setPointerCapture(event.pointerId);
    if (tool === "box") { last = at(event); box = { from: last, to: last }; repaint(); return; }
    box = null;  // a drawing says more
    steps.push(ink.getImageData(0, 0, mask.width, mask.height));
    if (steps.length > KEPT) steps.shift();
    last = at(event);
    stroke(last, last);
    changed();
  });
  view.addEventListener("pointermove", (event) => {
    pointer = at(event);
    if (last && tool === "box") { box.to = pointer; repaint(); } else if (last) {
      for (const part of event.getCoalescedEvents?.() ?? [event]) { const next = at(part); stroke(last, next); last = next; }
    } else repaint();
  });
  for (const name of ["pointerup", "pointercancel"]) view.addEventListener(name, () => { last = null; changed(); });
  view.addEventListener("pointerleave", () => { pointer = null; repaint(); });

  function choose(chosen) {
    tool = chosen;
    for (const button of form.querySelectorAll("[data-tool]")) button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
  }
  for (const button of form.querySelectorAll("[data-tool]")) button.addEventListener("click", () => choose(button.dataset.tool));
  undo.addEventListener("click", () => { if (box) { box = null; changed(); repaint(); return; } const before = steps.pop(); if (before) ink.putImageData(before, 0, 0); changed(); repaint(); });
  reset.addEventListener("click", () => { box = null; steps.push(ink.getImageData(0, 0, mask.width, mask.height)); ink.putImageData(first, 0, 0); changed(); repaint(); });
  alone.addEventListener("change", repaint);
  size.addEventListener("input", repaint);
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.target.matches("input[type=text], input[type=search], textarea")) return;
    const key = event.key.toLowerCase();
    if (key === "z") undo.click();
    else if (event.ctrlKey || event.metaKey) return;
    else if (key === "b") choose("add");
    else if (key === "e") choose("erase");
    else if (key === "o") choose("box");
    else if (key === "[") size.value = Number(size.value) * 0.8;
    else if (key === "]") size.value = Math.max(Number(size.value) + 1, Number(size.value) * 1.25);
    else return;
    event.preventDefault();
    repaint();
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    save.disabled = true;
    message.textContent = form.dataset.saving;
    const body = new FormData(form);
    if (box) {
      const sides = [view.width, view.height, view.width, view.height];
      body.append("box", corners().map((value, n) => (value / sides[n]).toFixed(4)).join(","));
    } else {
      const out = document.createElement("canvas"), flat = out.getContext("2d");
      out.width = mask.width; out.height = mask.height;
      flat.fillStyle = "#000"; flat.fillRect(0, 0, out.width, out.height);
      flat.drawImage(mask, 0, 0);
      body.append("mask", await new Promise((done) => out.toBlob(done, "image/png")), "mask.png");
    }
    try {
      const reply = await fetch(form.getAttribute("action") || location.href, { method: "POST", body, headers: { Accept: "application/json" } });
      const answer = await reply.json();
      if (answer.ok) { location.assign(answer.url); return; }
      message.textContent = answer.message;
    } catch { message.textContent = form.dataset.lost; }
    save.disabled = false;
  });

  begin();
})();
