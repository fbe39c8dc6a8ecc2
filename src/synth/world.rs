//! What can be asked for and from where: the POPs, the kinds of resources with their paths, and one
//! request. All names are invented or `example`.

use super::rng::scatter;

/// The site's host name.
pub(crate) const HOST: &str = "x.example";
/// The post that announced the Space.
pub(crate) const POST: &str = "/spacehost/status/1823000417725317120";
/// Id of the Space everything is about; the ids of other Spaces start differently.
pub(crate) const SPACE: &str = "1nvJwbQrTAkGL";

/// Ids of the Spaces a crowd may come to, by the number of the item, and the post that announced each:
/// the first is [`SPACE`]; the others are invented, and say so.
const HOT: [(&str, &str); 3] = [
    (SPACE, POST),
    ("1mMadeUpSpace", "/campaign/status/1661000000000000001"),
    ("1mMadeUpAgain", "/campaign/status/1661000000000000001"),
];

/// Id of the Space with the number `item` that a crowd may come to.
pub(crate) fn hot_space(item: u64) -> &'static str {
    HOT.get(item as usize).map_or(SPACE, |h| h.0)
}

/// The post that announced it.
pub(crate) fn announcement(item: u64) -> &'static str {
    HOT.get(item as usize).map_or(POST, |h| h.1)
}

/// An edge location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pop {
    Iad,
    Lhr,
}

impl Pop {
    /// 0 or 1: the place in tables kept per POP.
    pub(crate) const fn index(self) -> usize {
        self as usize
    }

    /// IATA code in lower case, as in file and frontend names.
    pub(crate) const fn name(self) -> &'static str {
        ["iad", "lhr"][self as usize]
    }

    /// As CloudFront writes it.
    pub(crate) const fn location(self) -> &'static str {
        ["IAD89-C1", "LHR62-C2"][self as usize]
    }

    /// Address from which its fetches come.
    pub(crate) const fn egress(self) -> &'static str {
        ["198.51.100.17", "203.0.113.41"][self as usize]
    }

    /// Milliseconds one way to the balancer.
    pub(crate) const fn hop(self) -> i64 {
        [3, 38][self as usize]
    }
}

/// What is asked for, as far as caches, sizes and faults care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Home,
    Timeline,
    Media,
    Status,
    Search,
    /// The page of some other Space.
    Space,
    /// The listeners' poll of some other Space.
    Live,
    /// The page of the Space in question.
    HotPage,
    /// Its listeners' poll.
    HotLive,
    /// A scanner's guess.
    Scan,
}

impl Kind {
    /// Seconds an answer stays in the edge cache; `None`: never stored.
    pub(crate) const fn cache_secs(self) -> Option<i64> {
        match self {
            Kind::Media => Some(86_400),
            Kind::Live | Kind::HotLive => Some(5),
            _ => None,
        }
    }

    /// Backend of the balancer.
    pub(crate) const fn backend(self) -> &'static str {
        match self {
            Kind::Space | Kind::Live | Kind::HotPage | Kind::HotLive => "be_spaces",
            Kind::Media => "be_media",
            _ => "be_web",
        }
    }

    /// Media type of a good answer.
    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Kind::Media => "image/jpeg",
            Kind::Timeline | Kind::Live | Kind::HotLive => "application/json",
            _ => "text/html;%20charset=utf-8",
        }
    }

    /// Mean milliseconds the application needs: a floor, and the mean of what comes on top.
    pub(crate) const fn effort(self) -> (i64, f64) {
        match self {
            Kind::Media => (4, 6.0),
            Kind::Live | Kind::HotLive => (3, 5.0),
            Kind::Search => (35, 60.0),
            Kind::Scan => (1, 2.0),
            _ => (12, 25.0),
        }
    }
}

/// One request a client makes.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// Milliseconds since the epoch, first byte at the edge.
    pub(crate) at: i64,
    /// Index of the client.
    pub(crate) client: usize,
    pub(crate) kind: Kind,
    /// Which one of its kind.
    pub(crate) item: u64,
    pub(crate) path: String,
    /// Without the `?`; empty if none.
    pub(crate) query: String,
    /// Empty if none.
    pub(crate) referrer: String,
}

impl Ask {
    /// A request for the `item`-th thing of `kind`, as the site's own pages link to it.
    pub(crate) fn of(kind: Kind, item: u64, client: usize, at: i64) -> Self {
        let (mut query, mut referrer) = (String::new(), "https://x.example/home".to_owned());
        let path = match kind {
            Kind::Home => "/home".to_owned(),
            Kind::Timeline => {
                query = format!("cursor={item}");
                "/i/api/timeline".to_owned()
            }
            Kind::Media => format!("/media/{item}.jpg"),
            Kind::Status => format!("/user{}/status/18{:017}", scatter(item) % 900, scatter(item ^ 77) % 100_000_000_000_000_000),
            Kind::Search => {
                query = format!("q={}", WORDS.get((item % 24) as usize).copied().unwrap_or("news"));
                "/search".to_owned()
            }
            Kind::Space => format!("/i/spaces/{}", other_space(item)),
            Kind::Live => format!("/i/api/audiospace/{}/live", other_space(item)),
            Kind::HotPage => format!("/i/spaces/{}", hot_space(item)),
            Kind::HotLive => {
                referrer = format!("https://x.example/i/spaces/{}", hot_space(item));
                format!("/i/api/audiospace/{}/live", hot_space(item))
            }
            Kind::Scan => GUESSES.get((item % 6) as usize).copied().unwrap_or("/wp-login.php").to_owned(),
        };
        if kind == Kind::Scan {
            referrer.clear();
        }
        Ask { at, client, kind, item, path, query, referrer }
    }

    /// A view of the post that announced the Space.
    pub(crate) fn post(client: usize, at: i64) -> Self {
        Ask { path: POST.to_owned(), ..Ask::of(Kind::Status, u64::MAX, client, at) }
    }
}

const WORDS: [&str; 24] = [
    "news",
    "weather",
    "football",
    "olympics",
    "recipes",
    "music",
    "space%20launch",
    "election",
    "interview",
    "memes",
    "rust",
    "cats",
    "markets",
    "traffic",
    "tickets",
    "film",
    "jobs",
    "nba",
    "cricket",
    "travel",
    "science",
    "history",
    "poetry",
    "chess",
];

const GUESSES: [&str; 6] = ["/wp-login.php", "/.env", "/xmlrpc.php", "/admin/", "/phpmyadmin/", "/.git/config"];

/// A Space id of 13 characters that is never [`SPACE`] (it starts with `1y`).
fn other_space(item: u64) -> String {
    const LETTERS: &[u8] = b"ABCDEGJKLMNOPQRVWXYZabdeghjklmnopqrvwxyz";
    let mut left = scatter(item + 1000);
    let tail = (0..11).map(|_| {
        let letter = LETTERS.get((left % 40) as usize).copied().unwrap_or(b'A');
        left /= 40;
        char::from(letter)
    });
    format!("1y{}", tail.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_other_space_bears_the_id_of_the_one_in_question() {
        for item in 0..500 {
            let id = other_space(item);
            assert_eq!(id.len(), SPACE.len());
            assert!(!id.starts_with("1n"), "{id}");
        }
    }
}
