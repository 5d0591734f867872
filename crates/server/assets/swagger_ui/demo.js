// One click that gives the page an access token of the demo. The service hands it out to this page alone; the demo's
// client secret never gets here.
"use strict";

window.workbenchPlugins = window.workbenchPlugins || [];
window.workbenchPlugins.push((system) => {
  const { React } = system;
  const SCHEME = "access_token";

  const authorize = async () => {
    const answer = await fetch("./demo-token", { method: "POST" });
    if (!answer.ok) throw new Error(`the service answered ${answer.status}`);
    const { access_token: value } = await answer.json();
    const schema = system.specSelectors.specJson().getIn(["components", "securitySchemes", SCHEME]).toJS();
    system.authActions.authorize({ [SCHEME]: { name: SCHEME, schema, value } });
  };

  const DemoButton = ({ authSelectors }) => {
    const [failure, setFailure] = React.useState("");
    const authorized = authSelectors.authorized().has(SCHEME);
    const press = () => {
      setFailure("");
      authorize().catch((error) => setFailure(error.message));
    };
    return React.createElement(
      "div",
      { className: "workbench-demo" },
      React.createElement(
        "button",
        { type: "button", className: "btn workbench-authorize", onClick: press },
        authorized ? "Authorized: get a new token" : "Authorize with the demo",
      ),
      failure && React.createElement("span", { role: "alert" }, `No token: ${failure}`),
    );
  };

  return {
    wrapComponents: {
      AuthorizeBtnContainer: (Original) => (properties) =>
        React.createElement(
          "div",
          { className: "workbench-authorization" },
          React.createElement(DemoButton, properties),
          React.createElement(Original, properties),
        ),
    },
  };
});
