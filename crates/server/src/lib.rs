//! The service: HTTP around the domain, configuration and the command line.

pub mod cli;
mod commands;
mod config;
mod demo;
mod failure;
mod http;
mod logging;
pub mod openapi;
mod startup;
mod tokens;
mod world;
