//! Logins against a database and a clock that the test moves.

use std::net::{IpAddr, Ipv4Addr};

use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tillgate_model::Problems;

use crate::{
    ApplicationKind, Context,
    accounts::{self, Application, NewApplication},
    logins::{Login, Session, with_password, with_refresh_token},
    test_support::world::World,
};

const PASSWORD: &str = "correct horse";

struct Shop {
    world: World,
    application: Application,
    customer: String,
}

impl Shop {
    async fn open() -> Self {
        let world = World::new().await;
        let attributes = json!({"email": "bea@example.com", "password": PASSWORD});
        let customer = world.create("customers", attributes, json!({})).await;
        let application = application(&world).await;
        Self {
            world,
            application,
            customer,
        }
    }

    fn context(&self) -> &Context {
        self.world.service.context()
    }

    async fn log_in_from(&self, host: u8, email: &str, password: &str) -> Result<Option<Session>, Problems> {
        let login = Login {
            email: email.into(),
            password: password.into(),
            address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, host)),
        };
        with_password(self.context(), &self.application, login).await
    }

    /// With the right password.
    async fn log_in(&self) -> Result<Option<Session>, Problems> {
        self.log_in_from(1, "bea@example.com", PASSWORD).await
    }

    async fn refresh(&self, token: &SecretString) -> Option<Session> {
        with_refresh_token(self.context(), &self.application, token)
            .await
            .unwrap()
    }
}

async fn application(world: &World) -> Application {
    let context = world.service.context();
    let new = NewApplication {
        organization_id: world.organization_id(),
        name: "shop".into(),
        kind: ApplicationKind::SalesChannel,
        test: true,
        market_id: None,
    };
    let credentials = accounts::create_application(context, new).await.unwrap();
    let found = accounts::application_by_client_id(context, &credentials.client_id).await;
    found.unwrap().unwrap()
}

#[tokio::test]
async fn a_customer_waits_after_ten_failures_until_the_first_is_a_quarter_of_an_hour_old() {
    let shop = Shop::open().await;
    for _ in 0..10 {
        shop.world.advance(TimeDelta::seconds(1));
        let refused = shop.log_in_from(1, "bea@example.com", "wrong horse").await;
        assert!(refused.unwrap().is_none());
    }
    // The right password makes no difference.
    let problems = shop.log_in().await.unwrap_err();
    assert_eq!((problems.status(), problems.retry_after), (429, Some(891)));
    // Other customers need not wait, and an unknown address takes the same time.
    assert!(
        shop.log_in_from(1, "nobody@example.com", PASSWORD)
            .await
            .unwrap()
            .is_none()
    );
    shop.world.advance(TimeDelta::seconds(890));
    assert!(shop.log_in().await.is_err());
    shop.world.advance(TimeDelta::seconds(1));
    assert!(shop.log_in().await.unwrap().is_some());
}

#[tokio::test]
async fn a_stranger_does_not_lock_a_customer_out() {
    let shop = Shop::open().await;
    for host in 2..6 {
        while let Ok(session) = shop.log_in_from(host, "bea@example.com", "wrong horse").await {
            assert!(session.is_none());
        }
    }
    assert!(shop.log_in().await.unwrap().is_some());
    // Guessing from many addresses at once is limited, and the customer's own success does not reset the limit.
    while let Ok(session) = shop.log_in_from(6, "bea@example.com", "wrong horse").await {
        assert!(session.is_none());
    }
    let problems = shop
        .log_in_from(7, "bea@example.com", "wrong horse")
        .await
        .unwrap_err();
    let limits: Vec<_> = problems.iter().map(|problem| &problem.meta["limit"]).collect();
    assert_eq!(limits, ["max-failed-logins-of-customer"]);
}

#[tokio::test]
async fn addresses_of_nobody_wait_as_well() {
    let shop = Shop::open().await;
    for _ in 0..10 {
        let refused = shop.log_in_from(1, "nobody@example.com", PASSWORD).await;
        assert!(refused.unwrap().is_none());
    }
    assert!(shop.log_in_from(1, "nobody@example.com", PASSWORD).await.is_err());
}

#[tokio::test]
async fn a_success_forgets_the_failures_of_the_customer() {
    let shop = Shop::open().await;
    for _ in 0..3 {
        for _ in 0..9 {
            let refused = shop.log_in_from(1, "bea@example.com", "wrong horse").await;
            assert!(refused.unwrap().is_none());
        }
        assert!(shop.log_in().await.unwrap().is_some());
    }
}

#[tokio::test]
async fn an_address_waits_after_a_hundred_failures_whoever_it_tries() {
    let shop = Shop::open().await;
    // Successes do not count.
    assert!(shop.log_in().await.unwrap().is_some());
    for number in 0..100 {
        let email = format!("{number}@example.com");
        assert!(shop.log_in_from(1, &email, PASSWORD).await.unwrap().is_none());
    }
    let problems = shop.log_in().await.unwrap_err();
    assert_eq!((problems.status(), problems.retry_after), (429, Some(900)));
    let elsewhere = shop.log_in_from(2, "bea@example.com", PASSWORD).await;
    assert!(elsewhere.unwrap().is_some());
}

#[tokio::test]
async fn attempts_at_once_do_not_outrun_the_count() {
    let shop = Shop::open().await;
    let mut tried = 0;
    for _ in 0..3 {
        let attempts = (0..8).map(|_| shop.log_in_from(1, "bea@example.com", "wrong horse"));
        let outcomes = futures::future::join_all(attempts).await;
        tried += outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    }
    assert_eq!(tried, 10);
}

#[tokio::test]
async fn a_refresh_token_works_once_and_its_second_use_ends_the_login() {
    let shop = Shop::open().await;
    let (first, other) = (
        shop.log_in().await.unwrap().unwrap(),
        shop.log_in().await.unwrap().unwrap(),
    );
    let second = shop.refresh(&first.refresh_token).await.unwrap();
    assert_eq!(second.customer_id.as_str(), shop.customer);
    assert_ne!(
        second.refresh_token.expose_secret(),
        first.refresh_token.expose_secret()
    );
    let third = shop.refresh(&second.refresh_token).await.unwrap();
    assert!(shop.refresh(&first.refresh_token).await.is_none());
    assert!(shop.refresh(&third.refresh_token).await.is_none());
    // Another login of the customer continues.
    assert!(shop.refresh(&other.refresh_token).await.is_some());
}

#[tokio::test]
async fn a_refresh_token_ends_after_two_weeks_and_belongs_to_its_application() {
    let shop = Shop::open().await;
    let session = shop.log_in().await.unwrap().unwrap();
    let elsewhere = application(&shop.world).await;
    let taken = with_refresh_token(shop.context(), &elsewhere, &session.refresh_token).await;
    assert!(taken.unwrap().is_none());
    shop.world.advance(TimeDelta::weeks(2) - TimeDelta::seconds(1));
    let session = shop.refresh(&session.refresh_token).await.unwrap();
    shop.world.advance(TimeDelta::weeks(2));
    assert!(shop.refresh(&session.refresh_token).await.is_none());
    assert!(shop.refresh(&"no such token".into()).await.is_none());
}

#[tokio::test]
async fn a_new_password_ends_all_logins() {
    let shop = Shop::open().await;
    let session = shop.log_in().await.unwrap().unwrap();
    let shown = shop
        .world
        .update("customers", &shop.customer, json!({"password": "battery staple"}))
        .await;
    assert_eq!(shown["has_password"], true, "{shown}");
    assert!(shop.refresh(&session.refresh_token).await.is_none());
    assert!(shop.log_in().await.unwrap().is_none());
    let session = shop.log_in_from(1, "bea@example.com", "battery staple").await;
    let session = session.unwrap().unwrap();
    let shown = shop
        .world
        .update("customers", &shop.customer, json!({"password": null}))
        .await;
    assert_eq!(shown["has_password"], false, "{shown}");
    assert!(shop.refresh(&session.refresh_token).await.is_none());
    let refused = shop.log_in_from(1, "bea@example.com", "battery staple").await;
    assert!(refused.unwrap().is_none());
}

#[tokio::test]
async fn what_is_no_text_for_a_database_names_no_customer() {
    let shop = Shop::open().await;
    assert!(
        shop.log_in_from(1, "bea\0@example.com", PASSWORD)
            .await
            .unwrap()
            .is_none()
    );
}
