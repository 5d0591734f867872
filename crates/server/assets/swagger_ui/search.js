// Swagger UI's filter knows the names of sections only. This one searches the operations, and opens the sections in
// which it finds some.
"use strict";

window.workbenchPlugins = window.workbenchPlugins || [];
window.workbenchPlugins.push(({ React }) => {
  /** What was typed, or nothing. The filter is `true` when it is on and empty. */
  const phrase = (filter) => (typeof filter === "string" && !["true", "false"].includes(filter) ? filter : "");

  /** Each word has to stand somewhere in the operation's method, path, id, section or texts. */
  const matches = (words, tag, operation) => {
    const of = (name) => operation.getIn(["operation", name]) ?? "";
    const parts = [tag, operation.get("method"), operation.get("path")];
    const text = [...parts, of("operationId"), of("summary"), of("description")].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  };

  const opsFilter = (sections, typed) => {
    const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
    return sections
      .map((section, tag) =>
        section.update("operations", (operations) => operations.filter((operation) => matches(words, tag, operation))),
      )
      .filter((section) => section.get("operations").size > 0);
  };

  const SearchBox = ({ layoutSelectors, layoutActions }) =>
    React.createElement(
      "div",
      { className: "wrapper" },
      React.createElement("input", {
        className: "workbench-search",
        type: "search",
        placeholder: "Search operations: capture, POST orders, …",
        "aria-label": "Search operations",
        value: phrase(layoutSelectors.currentFilter()),
        onChange: (event) => layoutActions.updateFilter(event.target.value || true),
      }),
    );

  return {
    fn: { opsFilter },
    wrapComponents: { FilterContainer: () => SearchBox },
    statePlugins: {
      layout: {
        wrapSelectors: {
          // The original has its state already.
          isShown: (original) => (state, thing, ...rest) =>
            (thing[0] === "operations-tag" && phrase(state.get("filter")) !== "") || original(thing, ...rest),
        },
      },
    },
  };
});
