"use strict";
// The inputs hold the truth; the marks on the photo show it and write into it.
(() => {
  const figure = document.getElementById("pg-own");
  if (!figure) return;
  const picture = figure.querySelector("img");
  const input = (name) => document.querySelector(`[data-mark="${name}"]`);
  const value = (name) => Number(input(name).value);
  const say = (name, wanted) => {
    const field = input(name), low = Number(field.min), high = Number(field.max);
    const digits = Number(field.step) < 1 ? 3 : 0;
    field.value = Math.min(high, Math.max(low, wanted)).toFixed(digits);
  };
  const line = figure.querySelector(".pg-own-line"), place = figure.querySelector(".pg-own-place");
  const light = figure.querySelector(".pg-own-light");
  const level = () => figure.dataset.view === "table" || figure.dataset.view === "floor";

  let held = null;  // the mark that is being dragged

  function draw() {
    const wide = picture.clientWidth, high = picture.clientHeight;
    line.hidden = !level();
    line.style.top = `${Math.min(1, Math.max(0, value("horizon"))) * high}px`;
    place.style.left = `${value("x") * wide}px`;
    place.style.top = `${value("y") * high}px`;
    // As seen from above: the camera is below, what is behind is above.
    const turn = value("azimuth") * Math.PI / 180, reach = 0.3 * Math.min(wide, high);
    light.style.left = `${Math.min(wide - 22, Math.max(22, value("x") * wide + Math.sin(turn) * reach))}px`;
    light.style.top = `${Math.min(high - 22, Math.max(22, value("y") * high + (level() ? 1 : -1) * Math.cos(turn) * reach * 0.6))}px`;
  }

  function moveTo(mark, x, y) {
    const wide = picture.clientWidth, high = picture.clientHeight;
    if (mark === line) say("horizon", y / high);
    else if (mark === place) { say("x", x / wide); say("y", y / high); }
    else {
      const down = (level() ? 1 : -1) * (y - value("y") * high) / 0.6;
      say("azimuth", Math.atan2(x - value("x") * wide, down) * 180 / Math.PI);
    }
    draw();
  }

  for (const mark of [line, place, light]) {
    const follow = (event) => {
      if (held !== mark) return;
      const box = picture.getBoundingClientRect();
      moveTo(mark, event.clientX - box.left, event.clientY - box.top);
    };
    mark.addEventListener("pointerdown", (event) => {
      held = mark;
      mark.focus();
      mark.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    mark.addEventListener("pointermove", follow);
    mark.addEventListener("pointerup", (event) => { follow(event); held = null; });
    mark.addEventListener("pointercancel", () => { held = null; });
    mark.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!step) return;
      event.preventDefault();
      const far = event.shiftKey ? 10 : 1;
      if (mark === line) say("horizon", value("horizon") + 0.005 * far * step[1]);
      else if (mark === place) { say("x", value("x") + 0.005 * far * step[0]); say("y", value("y") + 0.005 * far * step[1]); }
      else say("azimuth", value("azimuth") + far * (step[0] - step[1]));
      draw();
    });
  }
  document.querySelectorAll("[data-mark]").forEach((field) => field.addEventListener("input", draw));
  const kind = document.getElementById("id_view");
  if (kind) kind.addEventListener("change", () => { figure.dataset.view = kind.value; draw(); });
  new ResizeObserver(draw).observe(picture);
  if (picture.complete) draw(); else picture.addEventListener("load", draw);
})();
