// Where an answer sends the buyer's browser for authentication, a link does so from the page.
"use strict";

window.workbenchPlugins = window.workbenchPlugins || [];
window.workbenchPlugins.push(({ React }) => {
  const MEMBERS = ["redirect_uri", "redirect-url"];

  const isWebAddress = (value) => typeof value === "string" && /^https?:\/\//.test(value);

  /** The addresses in the attributes of the resource or resources that an answer holds. */
  const addresses = (body) => {
    let parsed;
    try {
      parsed = JSON.parse(body);
    } catch {
      return [];
    }
    const attributes = [parsed?.data].flat().map((resource) => resource?.attributes ?? {});
    return attributes.flatMap((members) => MEMBERS.map((name) => members[name])).filter(isWebAddress);
  };

  const link = (address) =>
    React.createElement(
      "p",
      { className: "workbench-buyer", key: address },
      "The buyer has to authenticate: ",
      React.createElement("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, "open the 3-D Secure page"),
    );

  const withLinks = (Original) => (properties) =>
    React.createElement(
      React.Fragment,
      null,
      addresses(properties.content).map(link),
      React.createElement(Original, properties),
    );

  return { wrapComponents: { responseBody: withLinks } };
});
