//! Names of the explanations for readers.

/// What an explanation says, in a sentence's worth of words.
#[must_use]
pub fn name(id: &str) -> Option<&'static str> {
    Some(match id {
        "no-incident" => "Nothing out of the ordinary happened",
        "attack-on-site" => "An attack on the whole site by means of requests",
        "attack-on-resource" => "An attack on this one thing by means of requests",
        "flash-crowd" => "A crowd: more ordinary visitors at once than usual",
        "internal-fault" => "A fault inside the service, whatever the number of visitors",
        "segment-fault" => "A fault of one location, region or server",
        "logging-artefact" => "The records are wrong, not the service",
        "volumetric-attack" => "A flood of network traffic that never became requests",
        _ => return None,
    })
}

/// The same in two or three words, for the head of a column.
#[must_use]
pub fn short_name(id: &str) -> &'static str {
    match id {
        "no-incident" => "Nothing happened",
        "attack-on-site" => "Attack on the site",
        "attack-on-resource" => "Attack on one thing",
        "flash-crowd" => "Crowd of visitors",
        "internal-fault" => "Fault inside",
        "segment-fault" => "Fault of one segment",
        "logging-artefact" => "Wrong records",
        "volumetric-attack" => "Flood below requests",
        _ => "Another",
    }
}
