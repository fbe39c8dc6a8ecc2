//! The families of scenarios, which of them are for fitting and which are held out, and what a
//! report may rightly say of each.

/// What is planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Family {
    Nothing,
    CrowdKnownServed,
    CrowdKnownOverload,
    CrowdUnseenServed,
    CrowdUnseenOverload,
    FewFlood,
    ScriptNet,
    HeadlessNet,
    SiteFlood,
    FaultResource,
    FaultSite,
    RetryStorm,
    SegmentFault,
    LostLog,
    BotnetBrowsers,
    SlowSiteNet,
    AttackInCrowd,
    CgnatCrowd,
    AppCrowd,
    WorldCup,
    CrowdMeetsFault,
    Crawler,
    CapacityFault,
    DeployOscillating,
}

/// Families from which coefficients and thresholds are learnt.
pub(crate) const TRAINING: [Family; 14] = [
    Family::Nothing,
    Family::CrowdKnownServed,
    Family::CrowdKnownOverload,
    Family::CrowdUnseenServed,
    Family::CrowdUnseenOverload,
    Family::FewFlood,
    Family::ScriptNet,
    Family::HeadlessNet,
    Family::SiteFlood,
    Family::FaultResource,
    Family::FaultSite,
    Family::RetryStorm,
    Family::SegmentFault,
    Family::LostLog,
];

/// Families that nothing is learnt from.
pub(crate) const HELD_OUT: [Family; 10] = [
    Family::BotnetBrowsers,
    Family::SlowSiteNet,
    Family::AttackInCrowd,
    Family::CgnatCrowd,
    Family::AppCrowd,
    Family::WorldCup,
    Family::CrowdMeetsFault,
    Family::Crawler,
    Family::CapacityFault,
    Family::DeployOscillating,
];

/// Who made the demand, for the pair that tells it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Attack,
    Crowd,
}

/// Whether more demand or a fault made the failures, for the pair that tells it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    Surge,
    Fault,
}

impl Family {
    /// For people.
    pub(crate) const fn in_words(self) -> &'static str {
        match self {
            Family::Nothing => "nothing",
            Family::CrowdKnownServed => "crowd of known clients, served",
            Family::CrowdKnownOverload => "crowd of known clients, overloading",
            Family::CrowdUnseenServed => "crowd never seen before, served",
            Family::CrowdUnseenOverload => "crowd never seen before, overloading",
            Family::FewFlood => "few addresses flood one resource",
            Family::ScriptNet => "hundreds of scripts flood one resource",
            Family::HeadlessNet => "headless browsers flood one resource",
            Family::SiteFlood => "flood across the site",
            Family::FaultResource => "fault of one resource",
            Family::FaultSite => "fault of the whole site",
            Family::RetryStorm => "fault with a storm of retries",
            Family::SegmentFault => "fault of one POP or backend",
            Family::LostLog => "a log is lost for a while",
            Family::BotnetBrowsers => "real browsers through homes, as a botnet",
            Family::SlowSiteNet => "slow botnet across the site, forged agents",
            Family::AttackInCrowd => "an attack hidden in a crowd",
            Family::CgnatCrowd => "crowd behind few shared addresses",
            Family::AppCrowd => "crowd of an app, called by a message",
            Family::WorldCup => "crowd in the shape of the World Cup of 1998",
            Family::CrowdMeetsFault => "served crowd while something else breaks",
            Family::Crawler => "search engine's crawl",
            Family::CapacityFault => "capacity lost under ordinary load",
            Family::DeployOscillating => "deploy gone wrong, on and off",
        }
    }

    pub(crate) fn is_training(self) -> bool {
        TRAINING.contains(&self)
    }

    /// Only people came, however many: to call it an attack is the worst error.
    pub(crate) const fn is_legitimate_crowd(self) -> bool {
        matches!(
            self,
            Family::CrowdKnownServed
                | Family::CrowdKnownOverload
                | Family::CrowdUnseenServed
                | Family::CrowdUnseenOverload
                | Family::CgnatCrowd
                | Family::AppCrowd
                | Family::WorldCup
                | Family::CrowdMeetsFault
        )
    }

    /// Machines raised the demand with nothing else beside them.
    pub(crate) const fn is_attack(self) -> bool {
        matches!(
            self,
            Family::FewFlood
                | Family::ScriptNet
                | Family::HeadlessNet
                | Family::SiteFlood
                | Family::BotnetBrowsers
                | Family::SlowSiteNet
        )
    }

    /// The class for attack against crowd, where it is one of the two.
    pub(crate) const fn who(self) -> Option<Who> {
        if self.is_attack() {
            Some(Who::Attack)
        } else if self.is_legitimate_crowd() {
            Some(Who::Crowd)
        } else {
            None
        }
    }

    /// The class for surge against fault, where something failed for one of the two reasons.
    pub(crate) const fn cause(self, failed: bool) -> Option<Cause> {
        match self {
            Family::FaultResource
            | Family::FaultSite
            | Family::RetryStorm
            | Family::SegmentFault
            | Family::CapacityFault
            | Family::DeployOscillating => Some(Cause::Fault),
            Family::Nothing | Family::LostLog | Family::Crawler | Family::CrowdMeetsFault | Family::AttackInCrowd => None,
            _ if failed => Some(Cause::Surge),
            _ => None,
        }
    }
}

/// What a report may say: ids of explanations.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers {
    /// Right; each of them is true.
    pub(crate) right: Vec<&'static str>,
    /// Not wrong beside or instead of these.
    pub(crate) also: Vec<&'static str>,
    /// Not wrong beside one of the right ones, but wrong alone.
    pub(crate) beside: Vec<&'static str>,
}

/// What happened, as far as it decides what may be said.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    /// Requests that failed because of what was planted, at people.
    pub(crate) failed: usize,
    /// People who met them.
    pub(crate) people: usize,
    /// Failures because of what was planted, at anybody, machines too.
    pub(crate) failed_any: usize,
    /// Requests in the window, over what the site's ordinary life would have made.
    pub(crate) multiplier: f64,
    /// The whole site shares the capacity that ran out.
    pub(crate) shared: bool,
    /// Lines lost.
    pub(crate) lost: usize,
    /// What failed can be told by what was asked for, too: a backend that serves few things, or that the outermost
    /// tier does not name.
    pub(crate) twin: bool,
}

/// Failing requests and people below which nobody has to speak of an incident: more than what the
/// rule on few clients may set aside.
const MATERIAL: (usize, usize) = (30, 12);
/// Lines that may be missing without anybody having to notice.
const LOST: usize = 60;
/// Growth of demand below which nobody has to speak of a surge.
const SURGE: f64 = 1.3;

pub(crate) fn answers(family: Family, facts: &Facts) -> Answers {
    let material = facts.failed >= MATERIAL.0 && facts.people >= MATERIAL.1;
    let surged = facts.multiplier >= SURGE;
    let of = |right: &[&'static str], also: &[&'static str]| Answers {
        right: right.to_vec(),
        also: also.to_vec(),
        beside: Vec::new(),
    };
    let mut a = match family {
        Family::Nothing => of(&["no-incident"], &[]),
        Family::CrowdKnownServed | Family::CrowdUnseenServed | Family::WorldCup | Family::CgnatCrowd | Family::AppCrowd
            if !material =>
        {
            of(&["flash-crowd"], &["no-incident"])
        }
        Family::CrowdKnownServed
        | Family::CrowdKnownOverload
        | Family::CrowdUnseenServed
        | Family::CrowdUnseenOverload
        | Family::WorldCup
        | Family::CgnatCrowd
        | Family::AppCrowd => of(&["flash-crowd"], &[]),
        Family::FewFlood | Family::ScriptNet | Family::HeadlessNet | Family::BotnetBrowsers => {
            of(&["attack-on-resource"], if facts.shared { &["attack-on-site"] } else { &[] })
        }
        Family::SiteFlood | Family::SlowSiteNet => of(&["attack-on-site"], &[]),
        Family::AttackInCrowd => of(&["attack-on-resource", "flash-crowd"], &[]),
        Family::CrowdMeetsFault => of(&["internal-fault", "flash-crowd"], &[]),
        Family::Crawler => of(&[], &["internal-fault", "no-incident"]),
        Family::FaultResource | Family::FaultSite | Family::RetryStorm | Family::CapacityFault | Family::DeployOscillating => {
            of(&["internal-fault"], &[])
        }
        // The fault of a backend is one of what it serves, too.
        Family::SegmentFault => of(if facts.twin { &["segment-fault", "internal-fault"] } else { &["segment-fault"] }, &[]),
        Family::LostLog => of(&["logging-artefact"], &["no-incident"]),
    };
    if !material && !a.also.contains(&"no-incident") {
        a.also.push("no-incident");
    }
    if !material && family.cause(true) == Some(Cause::Fault) {
        a.right.push("no-incident");
        a.also.retain(|id| *id != "no-incident");
    }
    // What a crowd overloads lacks capacity: that is true beside the crowd, and no answer without it.
    // So with a fault of one segment, which is one of the house.
    if (family.is_legitimate_crowd() && material && family != Family::CrowdMeetsFault)
        || (family == Family::SegmentFault && !facts.twin)
    {
        a.beside.push("internal-fault");
    }
    if material && matches!(family, Family::Crawler) {
        a.also.retain(|id| *id != "no-incident");
    }
    if family == Family::LostLog && facts.lost < LOST {
        a.right.push("no-incident");
        a.also.retain(|id| *id != "no-incident");
    }
    if !surged && (family.is_attack() || family.is_legitimate_crowd()) && !material {
        a.right.push("no-incident");
        a.also.retain(|id| *id != "no-incident");
    }
    a
}

#[test]
fn every_family_is_either_for_fitting_or_held_out_and_has_its_answers() {
    for family in TRAINING.iter().chain(&HELD_OUT) {
        assert!(TRAINING.contains(family) != HELD_OUT.contains(family), "{family:?}");
        let facts = Facts { failed: 900, people: 300, failed_any: 900, multiplier: 3.0, shared: false, lost: 400, twin: false };
        let a = answers(*family, &facts);
        assert!(a.right.iter().all(|id| !a.also.contains(id)), "{family:?}: {a:?}");
        let named_attack = a.right.iter().chain(&a.also).any(|id| id.starts_with("attack"));
        assert!(!(family.is_legitimate_crowd() && named_attack), "{family:?}: {a:?}");
    }
}
