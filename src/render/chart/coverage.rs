use super::Picture; use crate::case::Case; use crate::error::Result; pub(crate) fn draw(_: &Case) -> Option<Result<Picture>> { None }
