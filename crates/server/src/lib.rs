//! The service: HTTP around the domain, configuration and the command line.

#![allow(clippy::disallowed_methods)] // the real clock, randomness and waiting are made here, and passed to the domain

pub mod cli;
mod commands;
mod config;
mod demo;
mod ephemeral;
mod failure;
mod http;
mod logging;
pub mod openapi;
mod outgoing;
mod startup;
mod tokens;
mod world;
