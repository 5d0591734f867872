//! `tillgate listen`: the events of a local service as they come, for those who build a receiver.

mod client;
mod receiver;
mod signature;

use std::{fs, net::TcpListener, path::Path};

use secrecy::SecretString;
use tillgate_model::Topic;
use url::Url;

use self::{
    client::{Client, Credentials},
    receiver::Receiver,
};
use super::print;
use crate::{config::Config, failure::Failure, startup::signals::EndSignals};

/// Arguments of the command.
#[derive(clap::Args)]
pub struct Arguments {
    /// Forward each event to this URL with the same headers, and return its answer
    #[arg(long, value_name = "URL")]
    forward: Option<Url>,

    /// Topic to listen for, such as orders.place; may be repeated [default: all]
    #[arg(long = "topic", value_name = "TOPIC")]
    topics: Vec<Topic>,

    /// The service [default: that of demo.env in the data directory]
    #[arg(long, value_name = "URL", env = "TILLGATE_URL")]
    url: Option<Url>,

    /// Client id of an integration [default: that of demo.env]
    #[arg(long, value_name = "ID", env = "TILLGATE_CLIENT_ID")]
    client_id: Option<String>,

    /// Its secret [default: that of demo.env]
    #[arg(
        long,
        value_name = "SECRET",
        env = "TILLGATE_CLIENT_SECRET",
        hide_env_values = true
    )]
    client_secret: Option<SecretString>,
}

/// Registers webhooks that lead here, prints their events until the process is told to end, and removes them.
///
/// # Errors
/// No credentials, or a service that does not answer or refuses.
pub fn run(config: &Config, arguments: Arguments) -> Result<(), Failure> {
    let credentials = credentials(&config.data_dir, &arguments)?;
    let topics = if arguments.topics.is_empty() {
        Topic::ALL
    } else {
        &arguments.topics
    };
    let listener = TcpListener::bind(("127.0.0.1", 0))
        .map_err(|error| Failure::Start(format!("cannot listen on 127.0.0.1: {error}")))?;
    let address = listener
        .local_addr()
        .map_err(|error| Failure::Start(format!("cannot listen on 127.0.0.1: {error}")))?;
    actix_web::rt::System::new().block_on(async {
        let mut signals = EndSignals::listen()?;
        let client = Client::new(credentials)?;
        let receiver = Receiver::new(arguments.forward.clone())?;
        let server = receiver.serve(listener)?;
        let handle = server.handle();
        actix_web::rt::spawn(server);
        let origin = format!("http://{address}");
        let mut registered = Vec::new();
        let outcome = register(&client, &receiver, topics, &origin, &mut registered).await;
        if outcome.is_ok() {
            signals.next().await;
        }
        // In any case, the service is left as it was.
        let removed = client.remove_webhooks(&registered).await;
        handle.stop(true).await;
        outcome.and(removed)
    })
}

/// Registers the webhooks. `registered` lists those that exist, even if the service refuses the others.
async fn register(
    client: &Client,
    receiver: &Receiver,
    topics: &[Topic],
    origin: &str,
    registered: &mut Vec<String>,
) -> Result<(), Failure> {
    let token = client.token().await?;
    for topic in topics {
        let url = format!("{origin}/{topic}");
        let webhook = client.create_webhook(&token, *topic, &url).await?;
        receiver.expect(*topic, webhook.shared_secret);
        registered.push(webhook.id);
    }
    let count = topics.len();
    print(&format!(
        "Listening for {count} topics of {}. Ctrl-C ends.",
        client.url()
    ))
}

/// The given credentials, completed from the demo's file.
fn credentials(data_dir: &Path, arguments: &Arguments) -> Result<Credentials, Failure> {
    let path = data_dir.join("demo.env");
    let demo = fs::read_to_string(&path).unwrap_or_default();
    let of_demo = |name: &str| {
        let mut pairs = demo.lines().filter_map(|line| line.split_once('='));
        pairs
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
    };
    let missing = |flag: &str| {
        Failure::Usage(format!(
            "{flag}: is not given, and {} does not say it",
            path.display()
        ))
    };
    let url = match &arguments.url {
        Some(url) => Some(url.clone()),
        None => of_demo("TILLGATE_URL").and_then(|url| url.parse().ok()),
    };
    let secret = match &arguments.client_secret {
        Some(secret) => Some(secret.clone()),
        None => of_demo("TILLGATE_CLIENT_SECRET").map(SecretString::from),
    };
    Ok(Credentials {
        url: url.ok_or_else(|| missing("url"))?,
        client_id: arguments
            .client_id
            .clone()
            .or_else(|| of_demo("TILLGATE_CLIENT_ID"))
            .ok_or_else(|| missing("client-id"))?,
        client_secret: secret.ok_or_else(|| missing("client-secret"))?,
    })
}
