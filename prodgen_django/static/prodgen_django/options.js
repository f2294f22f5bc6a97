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

  button.addEventListener("click", (event) => { event.preventDefault(); ask(); });
  let pause = 0;
  form.addEventListener("change", () => { clearTimeout(pause); pause = setTimeout(ask, 500); });
  form.addEventListener("submit", () => { clearTimeout(pause); clearTimeout(timer); round++; });
  if (box.dataset.state === "waiting" || box.dataset.state === "working") poll(++round, 400);
  else if (!image.getAttribute("src")) ask();
})();
