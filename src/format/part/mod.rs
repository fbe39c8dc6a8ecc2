//! What formats are made of: fields, stamps, clients, and the shapes that several formats share.

pub mod alb;
pub mod cache;
pub mod clf;
pub mod client;
pub mod cloudfront;
pub mod columns;
pub mod draft;
pub mod envoy;
pub mod field;
pub mod haproxy;
pub mod json;
pub mod labelled;
pub mod logfmt;
pub mod proof;
pub mod slot;
pub mod squid;
pub mod stamp;
pub mod tail;
pub mod template;
pub mod traefik;
pub mod upstream;
