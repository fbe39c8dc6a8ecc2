//! Question: which answers with a good status were none: an error page sent with status 200, or
//! visitors sent elsewhere?
//! Method: `screen` reads from the survey's votes what for a while had one size that it did not have
//! otherwise, `risen` from its numbers what had it for a smaller share; the exact sizes of these suspects are then read (`examine::probe`), and `decide` tells
//! an error page from new content by written signs. What is not sure is only suspected.
//! Assumes: error pages are alike in size, or all far smaller than what they stand for.
//! Reference: a size whose share in the incident is more than twenty times that of the baseline;
//! majority votes on bits after Karp, Shenker and Papadimitriou (ACM TODS 28, 2003) and the group
//! tests of Cormode and Muthukrishnan (ACM TODS 30, 2005).

pub mod blind;
pub mod decide;
pub mod risen;
pub mod screen;
