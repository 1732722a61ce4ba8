(function () {
  "use strict";
  var kinds = ["true_positives", "false_positives", "false_negatives", "true_negatives"];
  document.querySelectorAll("[data-figures]").forEach(function (part) {
    var figures = JSON.parse(part.getAttribute("data-figures"));
    var slide = part.querySelector("input");
    var icons = part.querySelectorAll("circle");
    function show() {
      var row = figures[Number(slide.value)];
      part.querySelectorAll("[data-field]").forEach(function (field) {
        field.textContent = row[field.getAttribute("data-field")];
      });
      slide.setAttribute("aria-valuetext", row.prevalence);
      var at = 0;
      kinds.forEach(function (kind) {
        for (var end = at + Number(row[kind]); at < end; at += 1) {
          icons[at].setAttribute("class", kind);
        }
      });
    }
    slide.addEventListener("input", show);
    slide.value = slide.getAttribute("value");
    part.querySelector(".moving").hidden = false;
    show();
  });
})();
