/**
 * English function words, and words of exposition that say nothing about a document's subject.
 * All in lower case; compared without case.
 */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  `a about above across after again against all almost along already also although always am among amongst an and
  another any anyone anything are aren't around as at away back be became because become becomes been before behind
  being below beneath beside besides best better between beyond both but by came can can't cannot cause caused could
  couldn't did didn't do does doesn't doing don't done down during each either else enough especially etc et al even
  ever every everything e.g eg few first five for former forth four from further furthermore gave generally get gets
  give given gives go goes going gone good got had hadn't has hasn't have haven't having he hence her here herein hers
  herself him himself his how however i i.e ie if in including indeed instead into is isn't it its itself just kind
  know known last later latter least less let like likely made mainly make makes making many may me might mine more
  moreover most mostly much must my myself namely near nearly need neither never nevertheless next no nobody none nor
  not nothing now nowhere of off often on once one one's ones oneself only onto or other others otherwise ought our
  ours ourselves out over own per perhaps possible put quite rather really recent recently regarding respectively
  said same say second see seem seemed seems seen several shall she should shouldn't show showed showing shown shows
  simply since six so some someone someone's something sometimes somewhat somewhere still such take taken takes taking
  ten than that that's the their theirs them themselves then there thereby therefore therein these they they're thing
  things third this those though three through throughout thus to together too toward towards two typically under
  unless until up upon us use used useful uses using usually various very via want was wasn't way we well went were
  weren't what whatever when whenever where whereas whereby wherein whether which whichever while who whoever whole
  whom whose why will with within without won't would wouldn't yet you your yours yourself`
    .trim()
    .split(/\s+/),
);
