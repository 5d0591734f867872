//! `tillgate serve`

use std::{
    net::{SocketAddr, TcpListener},
    sync::{Arc, atomic::AtomicI64},
    time::Duration,
};

use actix_web::{
    App, HttpServer,
    dev::{Server, ServerHandle},
    middleware::{Condition, from_fn},
    web::Data,
};
use tillgate_payments::{Context, Service, accounts};
use tillgate_sandbox::{BoundSandbox, Sandbox};
use tokio::sync::{Notify, watch};

use super::{background, context, data_directory, installation, listen, signals::EndSignals};
use crate::{
    config::Config,
    demo::{self, Demo},
    ephemeral::Setup,
    failure::Failure,
    http::{
        Cors, Limits, Revocations, Shared, Specification, Worker, admin, edge, ephemeral, metrics, routes,
        swagger_ui,
    },
    tokens::{Tokens, default_issuer},
    world::World,
};

/// Time that requests in progress have after the service was told to end. A request waits at most two minutes for a PSP
/// (`gateway-timeout`).
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(130);

/// Serves the API until the process is told to end.
///
/// # Errors
/// The service can't start, or its end needs an operator.
pub fn serve(config: &Config) -> Result<(), Failure> {
    let Some(settings) = &config.ephemeral else {
        return serve_in_directory(config, None);
    };
    // Removed whenever this function returns.
    let directory = tempfile::Builder::new()
        .prefix("tillgate-ephemeral-")
        .tempdir()
        .map_err(|error| Failure::Start(format!("cannot make a temporary directory: {error}")))?;
    let setup = Setup::new(settings, directory.path())?;
    serve_in_directory(&config.in_directory(directory.path()), Some(setup))
}

fn serve_in_directory(config: &Config, setup: Option<Setup>) -> Result<(), Failure> {
    if setup.is_none() {
        installation::examine(config)?;
    }
    data_directory::create(config)?;
    let seeded = setup.as_ref().and_then(|setup| setup.seeded.as_ref());
    let listener = listen::bind(config.listen)?;
    let address = listener
        .local_addr()
        .map_err(|error| Failure::Start(format!("cannot listen on {}: {error}", config.listen)))?;
    let admin = listen::bind_admin(config)?;
    // In a demo or an ephemeral service, the sandbox's clock and the service's are advanced together.
    let is_tried = setup.is_some() || (config.demo && config.is_private());
    let advanced_by = is_tried.then(Arc::<AtomicI64>::default);
    let sandbox = listen::bind_sandbox(config, config.is_private(), seeded, advanced_by.as_ref())?;
    let public_url = config
        .public_url
        .clone()
        .unwrap_or_else(|| format!("http://{address}"));
    // Opening a database may block, so it comes before the runtime.
    let mut world = seeded.map_or_else(World::real, World::seeded);
    if let Some(advanced_by) = advanced_by {
        world = world.advanced_by(advanced_by);
    }
    let sandbox_url = sandbox.as_ref().map(BoundSandbox::url);
    let context = context::context(config, &public_url, sandbox_url.as_deref(), world, true)?;
    actix_web::rt::System::new().block_on(run(config, context, (listener, admin), address, sandbox, setup))
}

async fn run(
    config: &Config,
    context: Context,
    (listener, admin): (TcpListener, Option<TcpListener>),
    address: SocketAddr,
    sandbox: Option<BoundSandbox>,
    setup: Option<Setup>,
) -> Result<(), Failure> {
    let mut signals = EndSignals::listen()?;
    accounts::check_key(&context).await.map_err(Failure::Start)?;
    let public_url = context.base_url.to_string();
    accounts::keep_public_url(&context).await?;
    let issuer = config
        .issuer
        .clone()
        .unwrap_or_else(|| default_issuer(&public_url));
    let tokens = Tokens::new(&context.cipher.token_signing_seed(), &issuer, &public_url);
    let sandbox_url = sandbox.as_ref().map(BoundSandbox::url);
    let psps = sandbox.as_ref().map(BoundSandbox::sandbox);
    // A sandbox at the API's address has its own controls.
    let controlled = psps.clone().filter(|_| admin.is_some());
    // With a seed, the work of the background and the PSPs runs between requests, in a fixed order.
    let in_order = setup.as_ref().is_some_and(|setup| setup.seeded.is_some());
    let sandbox = sandbox
        .map(|sandbox| start_sandbox(sandbox, in_order))
        .transpose()?;
    let service = Service::new(context);
    service.take_up_open_calls().await;
    let demo = demo::prepare(
        config,
        address,
        &service,
        sandbox_url.as_deref().zip(psps.as_deref()),
    )
    .await?;
    let prepared = match setup {
        Some(setup) => {
            let psps = sandbox_url.as_deref().zip(psps);
            Some(
                setup
                    .prepare(&config.data_dir, &service, demo.as_ref(), psps)
                    .await?,
            )
        }
        None => {
            // Its deliveries end with it.
            drop(psps);
            None
        }
    };
    let ephemeral = prepared.as_ref().map(|prepared| Arc::clone(&prepared.ephemeral));
    let revocations = Revocations::new(!in_order);
    revocations.refresh(service.context()).await?;
    let shared = Arc::new(Shared {
        tokens,
        limits: Limits::new(&config.limits),
        trusted_proxies: config.trusted_proxies.clone(),
        revocations,
        cors: Cors::new(origins(config, address)),
        specification: Specification::new(
            &public_url,
            demo.as_ref().map(Demo::example_orders).unwrap_or_default(),
        ),
        events: Notify::new(),
        metrics: metrics::start().map_err(|error| Failure::Start(format!("cannot count: {error}")))?,
        ephemeral: ephemeral.clone(),
    });
    let demo_client_id = demo.as_ref().map(|demo| demo.credentials.client_id.clone());
    let operators_page = Arc::new(swagger_ui::Page::new(&public_url, demo_client_id.clone()));
    let beside_api = demo_client_id.filter(|_| config.has_admin_beside_api());
    let page = Arc::new(swagger_ui::Page::new(&public_url, beside_api));
    let admin = admin
        .map(|listener| start_admin(listener, &service, &shared, operators_page, controlled))
        .transpose()?;
    let server = start(config, listener, service.clone(), Arc::clone(&shared), page)?;
    let handle = server.handle();
    let mut serving = actix_web::rt::spawn(server);
    let (stop, stopped) = watch::channel(false);
    let background = (!in_order).then(|| actix_web::rt::spawn(background::run(service, shared, stopped)));
    tracing::info!(%address, public_url, "serving");
    match &prepared {
        Some(prepared) => prepared.announce(&public_url)?,
        None => demo::announce(config, &public_url, sandbox_url.as_deref(), demo.as_ref())?,
    }

    let ended = tokio::select! {
        ended = &mut serving => Some(ended),
        () = signals.next() => None,
    };
    if ended.is_none() {
        tracing::info!("finishing requests in progress");
        tokio::select! {
            () = handle.stop(true) => {}
            // A second signal means that the sender does not want to wait.
            () = signals.next() => handle.stop(false).await,
        }
    }
    if let Some(admin) = admin {
        admin.stop(false).await;
    }
    // The receiver is gone only if the task is.
    let _ = stop.send(true);
    if let Some(background) = background {
        let _ = background.await;
    }
    if let Some(sandbox) = sandbox {
        // No caller is left that waits for its answers.
        sandbox.stop(false).await;
    }
    match ended {
        Some(Ok(Err(error))) => Err(Failure::Start(format!("the server ended: {error}"))),
        Some(Err(error)) => Err(Failure::Start(format!("the server ended: {error}"))),
        _ => ephemeral.map_or(Ok(()), |ephemeral| ephemeral.report()),
    }
}

fn start(
    config: &Config,
    listener: TcpListener,
    service: Service,
    shared: Arc<Shared>,
    page: Arc<swagger_ui::Page>,
) -> Result<Server, Failure> {
    let is_ephemeral = shared.ephemeral.is_some();
    let has_admin = config.has_admin_beside_api();
    let is_strict = shared
        .ephemeral
        .as_ref()
        .is_some_and(|ephemeral| ephemeral.strict.is_some());
    let admin_shared = Arc::clone(&shared);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(Data::new(Worker::new(service.clone(), Arc::clone(&shared))))
            .wrap(Condition::new(is_ephemeral, from_fn(ephemeral::take_turn)))
            .wrap(Condition::new(is_strict, from_fn(ephemeral::watch)))
            .wrap(from_fn(edge))
            .configure(|config| {
                if has_admin {
                    admin::configure(config, &admin_shared, &page);
                }
            })
            .configure(|config| swagger_ui::configure(config, &page))
            .configure(routes::configure)
    })
    .workers(config.workers)
    .shutdown_timeout(SHUTDOWN_TIMEOUT.as_secs())
    .disable_signals()
    .listen(listener)
    .map_err(|error| Failure::Start(format!("cannot serve: {error}")))?;
    Ok(server.run())
}

/// Serves the operator endpoints at an address of their own.
fn start_admin(
    listener: TcpListener,
    service: &Service,
    shared: &Arc<Shared>,
    page: Arc<swagger_ui::Page>,
    sandbox: Option<Arc<Sandbox>>,
) -> Result<ServerHandle, Failure> {
    let address = listener.local_addr().map_err(cannot_serve_admin)?;
    let (service, shared) = (service.clone(), Arc::clone(shared));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(Data::new(Worker::new(service.clone(), Arc::clone(&shared))))
            .wrap(from_fn(edge))
            .configure(|config| admin::configure_alone(config, &shared, &page, sandbox.as_ref()))
    })
    .workers(1)
    .disable_signals()
    .listen(listener)
    .map_err(cannot_serve_admin)?
    .run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    tracing::info!(%address, "serving the operator endpoints");
    Ok(handle)
}

fn cannot_serve_admin(error: std::io::Error) -> Failure {
    Failure::Start(format!("cannot serve at --admin-listen: {error}"))
}

/// With `in_order`, its webhooks wait until they are requested.
fn start_sandbox(sandbox: BoundSandbox, in_order: bool) -> Result<ServerHandle, Failure> {
    let server = if in_order {
        sandbox.run_undelivered()
    } else {
        sandbox.run()
    };
    let server = server.map_err(|error| Failure::Start(format!("the sandbox cannot serve: {error}")))?;
    let handle = server.handle();
    actix_web::rt::spawn(server);
    Ok(handle)
}

/// On loopback a browser may know the service by another name than its links have; its own page then has another origin.
fn origins(config: &Config, address: SocketAddr) -> Vec<String> {
    let mut origins = config.cors_origins.clone();
    if address.ip().is_loopback() {
        let names = ["localhost", "127.0.0.1", "[::1]"];
        origins.extend(names.map(|name| format!("http://{name}:{}", address.port())));
    }
    origins
}
