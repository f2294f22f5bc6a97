/* Tells the shop which chosen pictures came into view and which were clicked. Where pages come out of a shared cache
   it first asks which pictures suit the visitor, and puts them in the places of those that everybody sees. */
(function () {
  "use strict";
  const script = document.currentScript;
  if (!script || !window.fetch || navigator.globalPrivacyControl) return;
  const { prodgenEvents: eventsUrl, prodgenChoices: choicesUrl } = script.dataset;
  let record = script.dataset.prodgenPage || "";
  const told = new Set();
  // The elements that the record's numbers speak of: not those of a fragment that a script loads later.
  let marked = [];
  let seen = [];
  let timer = 0;

  function report(clicked) {
    clearTimeout(timer);
    timer = 0;
    if (!record || (!seen.length && !clicked)) return;
    const body = JSON.stringify({ page: record, seen: seen, click: clicked || [] });
    seen = [];
    // A beacon outlives the page; where there is none the page's end may cost it.
    if (!navigator.sendBeacon || !navigator.sendBeacon(eventsUrl, body)) {
      fetch(eventsUrl, { method: "POST", body: body, keepalive: true, credentials: "same-origin" }).catch(() => {});
    }
  }

  function note(index) {
    if (told.has(index)) return;
    told.add(index);
    seen.push(index);
    if (!timer) timer = setTimeout(report, 1500);
  }

  // Seen is what was half in view for half a second.
  function watch() {
    marked = Array.from(document.querySelectorAll("[data-prodgen]"));
    if (!("IntersectionObserver" in window)) {
      marked.forEach((element) => note(Number(element.dataset.prodgen)));
      return;
    }
    const waiting = new Map();
    const observer = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        clearTimeout(waiting.get(entry.target));
        if (!entry.isIntersecting) continue;
        waiting.set(entry.target, setTimeout(() => {
          observer.unobserve(entry.target);
          note(Number(entry.target.dataset.prodgen));
        }, 500));
      }
    }, { threshold: 0.5 });
    // A <picture> has no box of its own.
    marked.forEach((element) => {
      const box = element.tagName === "PICTURE" ? element.querySelector("img") || element : element;
      box.dataset.prodgen = element.dataset.prodgen;
      observer.observe(box);
    });
  }

  // A click on any link that leads where a picture's own link leads: the title of a card counts as its picture.
  function onClick(event) {
    if (event.button > 1) return;
    const link = event.target.closest && event.target.closest("a[href]");
    if (!link) return;
    const hit = marked.find((element) => link.contains(element)) || marked.find((element) => {
      const own = element.closest("a[href]");
      return own && own.href === link.href && sharesCard(element, link);
    });
    if (!hit) return;
    const index = Number(hit.dataset.prodgen);
    if (!told.has(index)) { told.add(index); seen.push(index); }
    report([index]);
  }

  function sharesCard(element, link) {
    const card = element.closest("article, li, section, tr");
    return !card || card.contains(link);
  }

  function begin() {
    watch();
    document.addEventListener("click", onClick, true);
    document.addEventListener("auxclick", onClick, true);
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") report(); });
    window.addEventListener("pagehide", () => report());
  }

  function put(element, choice) {
    const image = element.tagName === "IMG" ? element : element.querySelector("img");
    if (!image || !choice.src) return;
    element.dataset.prodgen = choice.index;
    if (image.getAttribute("src") === choice.src) return;
    // The box stays as it is, whatever shape the other picture has.
    const width = image.getAttribute("width"), height = image.getAttribute("height");
    if (width && height && choice.width && choice.width * height !== choice.height * width) {
      image.style.aspectRatio = width + " / " + height;
      image.style.objectFit = image.style.objectFit || "contain";
    }
    const sizes = image.getAttribute("sizes") || "";
    if (element.tagName === "PICTURE") {
      element.querySelectorAll("source").forEach((source) => source.remove());
      for (const made of choice.sources) {
        const source = document.createElement("source");
        source.type = made.type;
        source.srcset = made.srcset;
        if (sizes) source.sizes = sizes;
        element.insertBefore(source, image);
      }
    }
    if (choice.srcset && image.srcset) image.srcset = choice.srcset; else image.removeAttribute("srcset");
    image.src = choice.src;
  }

  function choose() {
    const places = Array.from(document.querySelectorAll("[data-prodgen-product]"));
    if (!places.length) return;
    const products = Array.from(new Set(places.map((element) => element.dataset.prodgenProduct)));
    fetch(choicesUrl + "?products=" + encodeURIComponent(products.join(",")), { credentials: "same-origin" })
      .then((response) => (response.ok ? response.json() : { pictures: {} }))
      .then((found) => {
        for (const element of places) {
          const choice = found.pictures[element.dataset.prodgenProduct];
          if (choice) put(element, choice);
        }
        record = found.page || "";
        if (record) begin();
      })
      .catch(() => {}); // what everybody sees stays
  }

  if (choicesUrl) choose(); else begin();
})();
