// An access token for the application in the collection's variables, until a minute before it expires.
if (Date.now() >= Number(pm.collectionVariables.get("access_token_expires") || 0)) {
  pm.sendRequest({
    url: pm.variables.replaceIn("{{base_url}}/oauth/token"),
    method: "POST",
    header: { "Accept": "application/json", "Content-Type": "application/json" },
    body: {
      mode: "raw",
      raw: JSON.stringify({
        grant_type: "client_credentials",
        client_id: pm.variables.get("client_id"),
        client_secret: pm.variables.get("client_secret"),
      }),
    },
  }, (error, response) => {
    if (error || response.code !== 200) throw new Error(`no access token: ${error || response.text()}`);
    const answer = response.json();
    pm.collectionVariables.set("access_token", answer.access_token);
    pm.collectionVariables.set("access_token_expires", String(Date.now() + (answer.expires_in - 60) * 1000));
  });
}
