//! Precedence and refusals of settings. clap reads the environment variables that the flags name.

use super::*;

fn config(options: Options) -> Config {
    Config::resolve(options).expect("usable")
}

fn refusal(options: Options) -> String {
    Config::resolve(options).expect_err("refused").to_string()
}

#[test]
fn defaults() {
    let config = config(Options::default());
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(
        config
            .sandbox_listen
            .map(|address| address.to_string())
            .as_deref(),
        Some("127.0.0.1:8081")
    );
    assert_eq!(config.database_url, "sqlite://tillgate-data/tillgate.db");
    assert_eq!(config.master_key_file, Path::new("tillgate-data/master.key"));
    assert_eq!(config.limits.application_requests, NonZeroU32::new(200));
    assert_eq!(config.limits.client_requests, NonZeroU32::new(50));
    assert_eq!(config.limits.sign_ups_of_address, NonZeroU32::new(60));
    assert_eq!(config.max_passwords_of_address, 8);
    assert!(
        config.demo
            && config.has_admin_beside_api()
            && config.cors_origins.is_empty()
            && config.public_url.is_none()
    );
}

#[test]
fn ranges_for_webhooks() {
    let with = |ranges: &[&str]| Options {
        allow_webhook_range: Some(ranges.iter().map(ToString::to_string).collect()),
        ..Options::default()
    };
    assert_eq!(config(Options::default()).webhook_ranges, None);
    let ranges = config(with(&["10.0.0.0/8", "::1"]))
        .webhook_ranges
        .expect("given");
    assert_eq!(
        ranges.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["10.0.0.0/8", "::1/128"]
    );
    assert!(refusal(with(&["10.0.0.0/33"])).contains("allow-webhook-range"));
}

#[test]
fn what_is_for_the_operator_is_beside_the_api_only_where_this_machine_alone_reaches_that() {
    let beside = |change: fn(&mut Options)| {
        let mut options = Options::default();
        change(&mut options);
        config(options).has_admin_beside_api()
    };
    assert!(beside(|_| {}));
    assert!(beside(|options| options.listen = Some("[::1]:0".into())));
    assert!(!beside(|options| options.listen = Some("0.0.0.0:0".into())));
    assert!(!beside(
        |options| options.public_url = Some("https://pay.example".into())
    ));
    assert!(!beside(
        |options| options.public_url = Some("http://localhost:8080".into())
    ));
    assert!(!beside(
        |options| options.trusted_proxy = Some(vec!["127.0.0.1".into()])
    ));
    assert!(!beside(
        |options| options.admin_listen = Some("127.0.0.1:0".into())
    ));
}

#[test]
fn trusted_proxies_are_ranges_and_not_everybody() {
    let with = |ranges: &[&str]| Options {
        trusted_proxy: Some(ranges.iter().map(ToString::to_string).collect()),
        ..Options::default()
    };
    config(with(&["10.0.0.0/8", "127.0.0.1", "2001:db8::/32"]));
    for everybody in ["0.0.0.0/0", "::/0", "10.0.0.0/40", "proxy.example"] {
        assert!(
            refusal(with(&[everybody])).starts_with("trusted-proxy: "),
            "{everybody}"
        );
    }
}

#[test]
fn ranges_for_gateways_and_the_proxy() {
    let with = |range: &str| Options {
        allow_gateway_range: Some(vec![range.into()]),
        ..Options::default()
    };
    assert!(config(Options::default()).gateway_ranges.is_empty());
    assert_eq!(
        config(with("127.0.0.1")).gateway_ranges[0].to_string(),
        "127.0.0.1/32"
    );
    assert!(refusal(with("psp.internal")).contains("allow-gateway-range"));
    let with = |url: &str| Options {
        outbound_proxy: Some(url.into()),
        ..Options::default()
    };
    let proxied = config(with("http://user:hunter2@proxy.internal:3128"));
    assert!(!format!("{proxied:?}").contains("hunter2"));
    for url in [
        "proxy.internal:3128",
        "socks5://user:hunter2@proxy.internal",
        "http://user:hunter2@proxy.internal/path",
    ] {
        let text = refusal(with(url));
        assert!(
            text.starts_with("outbound-proxy: ") && !text.contains("hunter2"),
            "{text}"
        );
    }
}

#[test]
fn a_flag_goes_before_the_file_and_the_file_before_the_default() {
    let flags = Options {
        listen: Some("127.0.0.1:1".into()),
        no_demo: Some(false),
        ..Options::default()
    };
    let file =
        "listen = '127.0.0.1:2'\nno_demo = true\nrate_limit = 0\ncors_origin = ['https://shop.example']";
    let config = config(flags.over(file).expect("usable"));
    assert_eq!(config.listen.port(), 1);
    assert!(config.demo);
    assert_eq!(config.limits.application_requests, None);
    assert_eq!(config.limits.client_requests, NonZeroU32::new(50));
    assert_eq!(config.cors_origins, ["https://shop.example"]);
    assert_eq!(config.data_dir, Path::new("tillgate-data"));
}

#[test]
fn a_file_with_unknown_keys_or_other_types_is_refused_in_one_line() {
    for file in ["lisen = '127.0.0.1:2'", "listen = 5", "listen"] {
        let text = Options::default().over(file).expect_err("refused").to_string();
        assert!(
            text.starts_with("the settings file cannot be used:") && !text.contains('\n'),
            "{text}"
        );
    }
}

#[test]
fn urls_are_normalized_or_refused() {
    let with = |url: &str| Options {
        public_url: Some(url.into()),
        ..Options::default()
    };
    assert_eq!(
        config(with("https://pay.example/")).public_url.as_deref(),
        Some("https://pay.example")
    );
    assert_eq!(
        config(with("https://pay.example/tills/")).public_url.as_deref(),
        Some("https://pay.example/tills")
    );
    for url in [
        "pay.example",
        "ftp://pay.example",
        "https://pay.example/?a=1",
        "https://",
        "https://u:p@pay.example",
    ] {
        assert!(refusal(with(url)).starts_with("public-url: "), "{url}");
    }
}

#[test]
fn unusable_values_are_named() {
    let refused = [
        (
            Options {
                listen: Some("8080".into()),
                ..Options::default()
            },
            "listen",
        ),
        (
            Options {
                sandbox_listen: Some("on".into()),
                ..Options::default()
            },
            "sandbox-listen",
        ),
        (
            Options {
                admin_listen: Some("9090".into()),
                ..Options::default()
            },
            "admin-listen",
        ),
        (
            Options {
                workers: Some(0),
                ..Options::default()
            },
            "workers",
        ),
        (
            Options {
                gateway_timeout: Some(f64::NAN),
                ..Options::default()
            },
            "gateway-timeout",
        ),
        (
            Options {
                max_failed_authorizations: Some(0),
                ..Options::default()
            },
            "max-failed-authorizations",
        ),
        (
            Options {
                max_failed_logins: Some(0),
                ..Options::default()
            },
            "max-failed-logins",
        ),
        (
            Options {
                max_failed_logins_of_customer: Some(0),
                ..Options::default()
            },
            "max-failed-logins-of-customer",
        ),
        (
            Options {
                max_passwords_of_address: Some(0),
                ..Options::default()
            },
            "max-passwords-of-address",
        ),
        (
            Options {
                max_failed_logins_of_address: Some(-1),
                ..Options::default()
            },
            "max-failed-logins-of-address",
        ),
        (
            Options {
                list_time_limit: Some(3.5),
                ..Options::default()
            },
            "list-time-limit",
        ),
        (
            Options {
                abandoned_after: Some(0),
                ..Options::default()
            },
            "abandoned-after",
        ),
        (
            Options {
                cors_origin: Some(vec!["https://a.example/x".into()]),
                ..Options::default()
            },
            "cors-origin",
        ),
        (
            Options {
                database_url: Some("mysql://u:hunter2@h/d".into()),
                ..Options::default()
            },
            "database-url",
        ),
    ];
    for (options, setting) in refused {
        let text = refusal(options);
        assert!(
            text.starts_with(&format!("{setting}: ")) && !text.contains("hunter2"),
            "{text}"
        );
    }
    assert_eq!(
        config(Options {
            sandbox_listen: Some("off".into()),
            ..Options::default()
        })
        .sandbox_listen,
        None
    );
}
