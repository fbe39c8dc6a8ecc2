//! The line each tier writes about one exchange.

pub(crate) mod cloudfront;
pub(crate) mod haproxy;
pub(crate) mod nginx;
