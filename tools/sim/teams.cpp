#include "tools/sim/teams.hpp"

#include <algorithm>
#include <cassert>

namespace arbees::sim {

namespace {

// clang-format off
constexpr std::array nba_teams{
  Team{"ATL", "ATL", "atl", "Atlanta Hawks", "Atlanta", "Hawks", "Atlanta"},
  Team{"BOS", "BOS", "bos", "Boston Celtics", "Boston", "Celtics", "Boston"},
  Team{"BKN", "BKN", "bkn", "Brooklyn Nets", "Brooklyn", "Nets", "Brooklyn"},
  Team{"CHA", "CHA", "cha", "Charlotte Hornets", "Charlotte", "Hornets", "Charlotte"},
  Team{"CHI", "CHI", "chi", "Chicago Bulls", "Chicago", "Bulls", "Chicago"},
  Team{"CLE", "CLE", "cle", "Cleveland Cavaliers", "Cleveland", "Cavaliers", "Cleveland"},
  Team{"DAL", "DAL", "dal", "Dallas Mavericks", "Dallas", "Mavericks", "Dallas"},
  Team{"DEN", "DEN", "den", "Denver Nuggets", "Denver", "Nuggets", "Denver"},
  Team{"DET", "DET", "det", "Detroit Pistons", "Detroit", "Pistons", "Detroit"},
  Team{"GS", "GSW", "gsw", "Golden State Warriors", "Golden State", "Warriors", "Golden State"},
  Team{"HOU", "HOU", "hou", "Houston Rockets", "Houston", "Rockets", "Houston"},
  Team{"IND", "IND", "ind", "Indiana Pacers", "Indiana", "Pacers", "Indiana"},
  Team{"LAC", "LAC", "lac", "LA Clippers", "Los Angeles", "Clippers", "Los Angeles C"},
  Team{"LAL", "LAL", "lal", "Los Angeles Lakers", "Los Angeles", "Lakers", "Los Angeles L"},
  Team{"MEM", "MEM", "mem", "Memphis Grizzlies", "Memphis", "Grizzlies", "Memphis"},
  Team{"MIA", "MIA", "mia", "Miami Heat", "Miami", "Heat", "Miami"},
  Team{"MIL", "MIL", "mil", "Milwaukee Bucks", "Milwaukee", "Bucks", "Milwaukee"},
  Team{"MIN", "MIN", "min", "Minnesota Timberwolves", "Minnesota", "Timberwolves", "Minnesota"},
  Team{"NO", "NOP", "nop", "New Orleans Pelicans", "New Orleans", "Pelicans", "New Orleans"},
  Team{"NY", "NYK", "nyk", "New York Knicks", "New York", "Knicks", "New York"},
  Team{"OKC", "OKC", "okc", "Oklahoma City Thunder", "Oklahoma City", "Thunder", "Oklahoma City"},
  Team{"ORL", "ORL", "orl", "Orlando Magic", "Orlando", "Magic", "Orlando"},
  Team{"PHI", "PHI", "phi", "Philadelphia 76ers", "Philadelphia", "76ers", "Philadelphia"},
  Team{"PHX", "PHX", "phx", "Phoenix Suns", "Phoenix", "Suns", "Phoenix"},
  Team{"POR", "POR", "por", "Portland Trail Blazers", "Portland", "Trail Blazers", "Portland"},
  Team{"SAC", "SAC", "sac", "Sacramento Kings", "Sacramento", "Kings", "Sacramento"},
  Team{"SA", "SAS", "sas", "San Antonio Spurs", "San Antonio", "Spurs", "San Antonio"},
  Team{"TOR", "TOR", "tor", "Toronto Raptors", "Toronto", "Raptors", "Toronto"},
  Team{"UTAH", "UTA", "uta", "Utah Jazz", "Utah", "Jazz", "Utah"},
  Team{"WSH", "WAS", "was", "Washington Wizards", "Washington", "Wizards", "Washington"},
};

constexpr std::array nfl_teams{
  Team{"ARI", "ARI", "ari", "Arizona Cardinals", "Arizona", "Cardinals", "Arizona"},
  Team{"ATL", "ATL", "atl", "Atlanta Falcons", "Atlanta", "Falcons", "Atlanta"},
  Team{"BAL", "BAL", "bal", "Baltimore Ravens", "Baltimore", "Ravens", "Baltimore"},
  Team{"BUF", "BUF", "buf", "Buffalo Bills", "Buffalo", "Bills", "Buffalo"},
  Team{"CAR", "CAR", "car", "Carolina Panthers", "Carolina", "Panthers", "Carolina"},
  Team{"CHI", "CHI", "chi", "Chicago Bears", "Chicago", "Bears", "Chicago"},
  Team{"CIN", "CIN", "cin", "Cincinnati Bengals", "Cincinnati", "Bengals", "Cincinnati"},
  Team{"CLE", "CLE", "cle", "Cleveland Browns", "Cleveland", "Browns", "Cleveland"},
  Team{"DAL", "DAL", "dal", "Dallas Cowboys", "Dallas", "Cowboys", "Dallas"},
  Team{"DEN", "DEN", "den", "Denver Broncos", "Denver", "Broncos", "Denver"},
  Team{"DET", "DET", "det", "Detroit Lions", "Detroit", "Lions", "Detroit"},
  Team{"GB", "GB", "gb", "Green Bay Packers", "Green Bay", "Packers", "Green Bay"},
  Team{"HOU", "HOU", "hou", "Houston Texans", "Houston", "Texans", "Houston"},
  Team{"IND", "IND", "ind", "Indianapolis Colts", "Indianapolis", "Colts", "Indianapolis"},
  Team{"JAX", "JAC", "jax", "Jacksonville Jaguars", "Jacksonville", "Jaguars", "Jacksonville"},
  Team{"KC", "KC", "kc", "Kansas City Chiefs", "Kansas City", "Chiefs", "Kansas City"},
  Team{"LV", "LV", "lv", "Las Vegas Raiders", "Las Vegas", "Raiders", "Las Vegas"},
  Team{"LAC", "LAC", "lac", "Los Angeles Chargers", "Los Angeles", "Chargers", "Los Angeles C"},
  Team{"LAR", "LAR", "la", "Los Angeles Rams", "Los Angeles", "Rams", "Los Angeles R"},
  Team{"MIA", "MIA", "mia", "Miami Dolphins", "Miami", "Dolphins", "Miami"},
  Team{"MIN", "MIN", "min", "Minnesota Vikings", "Minnesota", "Vikings", "Minnesota"},
  Team{"NE", "NE", "ne", "New England Patriots", "New England", "Patriots", "New England"},
  Team{"NO", "NO", "no", "New Orleans Saints", "New Orleans", "Saints", "New Orleans"},
  Team{"NYG", "NYG", "nyg", "New York Giants", "New York", "Giants", "New York G"},
  Team{"NYJ", "NYJ", "nyj", "New York Jets", "New York", "Jets", "New York J"},
  Team{"PHI", "PHI", "phi", "Philadelphia Eagles", "Philadelphia", "Eagles", "Philadelphia"},
  Team{"PIT", "PIT", "pit", "Pittsburgh Steelers", "Pittsburgh", "Steelers", "Pittsburgh"},
  Team{"SF", "SF", "sf", "San Francisco 49ers", "San Francisco", "49ers", "San Francisco"},
  Team{"SEA", "SEA", "sea", "Seattle Seahawks", "Seattle", "Seahawks", "Seattle"},
  Team{"TB", "TB", "tb", "Tampa Bay Buccaneers", "Tampa Bay", "Buccaneers", "Tampa Bay"},
  Team{"TEN", "TEN", "ten", "Tennessee Titans", "Tennessee", "Titans", "Tennessee"},
  Team{"WSH", "WAS", "was", "Washington Commanders", "Washington", "Commanders", "Washington"},
};

constexpr std::array nhl_teams{
  Team{"ANA", "ANA", "ana", "Anaheim Ducks", "Anaheim", "Ducks", "Anaheim"},
  Team{"BOS", "BOS", "bos", "Boston Bruins", "Boston", "Bruins", "Boston"},
  Team{"BUF", "BUF", "buf", "Buffalo Sabres", "Buffalo", "Sabres", "Buffalo"},
  Team{"CGY", "CGY", "cal", "Calgary Flames", "Calgary", "Flames", "Calgary"},
  Team{"CAR", "CAR", "car", "Carolina Hurricanes", "Carolina", "Hurricanes", "Carolina"},
  Team{"CHI", "CHI", "chi", "Chicago Blackhawks", "Chicago", "Blackhawks", "Chicago"},
  Team{"COL", "COL", "col", "Colorado Avalanche", "Colorado", "Avalanche", "Colorado"},
  Team{"CBJ", "CBJ", "cbj", "Columbus Blue Jackets", "Columbus", "Blue Jackets", "Columbus"},
  Team{"DAL", "DAL", "dal", "Dallas Stars", "Dallas", "Stars", "Dallas"},
  Team{"DET", "DET", "det", "Detroit Red Wings", "Detroit", "Red Wings", "Detroit"},
  Team{"EDM", "EDM", "edm", "Edmonton Oilers", "Edmonton", "Oilers", "Edmonton"},
  Team{"FLA", "FLA", "fla", "Florida Panthers", "Florida", "Panthers", "Florida"},
  Team{"LA", "LA", "lak", "Los Angeles Kings", "Los Angeles", "Kings", "Los Angeles"},
  Team{"MIN", "MIN", "min", "Minnesota Wild", "Minnesota", "Wild", "Minnesota"},
  Team{"MTL", "MTL", "mon", "Montreal Canadiens", "Montreal", "Canadiens", "Montreal"},
  Team{"NSH", "NSH", "nsh", "Nashville Predators", "Nashville", "Predators", "Nashville"},
  Team{"NJ", "NJ", "nj", "New Jersey Devils", "New Jersey", "Devils", "New Jersey"},
  Team{"NYI", "NYI", "nyi", "New York Islanders", "New York", "Islanders", "New York I"},
  Team{"NYR", "NYR", "nyr", "New York Rangers", "New York", "Rangers", "New York R"},
  Team{"OTT", "OTT", "ott", "Ottawa Senators", "Ottawa", "Senators", "Ottawa"},
  Team{"PHI", "PHI", "phi", "Philadelphia Flyers", "Philadelphia", "Flyers", "Philadelphia"},
  Team{"PIT", "PIT", "pit", "Pittsburgh Penguins", "Pittsburgh", "Penguins", "Pittsburgh"},
  Team{"SJ", "SJ", "sj", "San Jose Sharks", "San Jose", "Sharks", "San Jose"},
  Team{"SEA", "SEA", "sea", "Seattle Kraken", "Seattle", "Kraken", "Seattle"},
  Team{"STL", "STL", "stl", "St. Louis Blues", "St. Louis", "Blues", "St. Louis"},
  Team{"TB", "TB", "tb", "Tampa Bay Lightning", "Tampa Bay", "Lightning", "Tampa Bay"},
  Team{"TOR", "TOR", "tor", "Toronto Maple Leafs", "Toronto", "Maple Leafs", "Toronto"},
  Team{"UTAH", "UTA", "utah", "Utah Mammoth", "Utah", "Mammoth", "Utah"},
  Team{"VAN", "VAN", "van", "Vancouver Canucks", "Vancouver", "Canucks", "Vancouver"},
  Team{"VGK", "VGK", "las", "Vegas Golden Knights", "Vegas", "Golden Knights", "Vegas"},
  Team{"WSH", "WSH", "wsh", "Washington Capitals", "Washington", "Capitals", "Washington"},
  Team{"WPG", "WPG", "wpg", "Winnipeg Jets", "Winnipeg", "Jets", "Winnipeg"},
};

constexpr std::array mlb_teams{
  Team{"ARI", "AZ", "ari", "Arizona Diamondbacks", "Arizona", "Diamondbacks", "Arizona"},
  Team{"ATH", "ATH", "oak", "Athletics", "Athletics", "Athletics", "A's"},
  Team{"ATL", "ATL", "atl", "Atlanta Braves", "Atlanta", "Braves", "Atlanta"},
  Team{"BAL", "BAL", "bal", "Baltimore Orioles", "Baltimore", "Orioles", "Baltimore"},
  Team{"BOS", "BOS", "bos", "Boston Red Sox", "Boston", "Red Sox", "Boston"},
  Team{"CHC", "CHC", "chc", "Chicago Cubs", "Chicago", "Cubs", "Chicago C"},
  Team{"CHW", "CWS", "cws", "Chicago White Sox", "Chicago", "White Sox", "Chicago WS"},
  Team{"CIN", "CIN", "cin", "Cincinnati Reds", "Cincinnati", "Reds", "Cincinnati"},
  Team{"CLE", "CLE", "cle", "Cleveland Guardians", "Cleveland", "Guardians", "Cleveland"},
  Team{"COL", "COL", "col", "Colorado Rockies", "Colorado", "Rockies", "Colorado"},
  Team{"DET", "DET", "det", "Detroit Tigers", "Detroit", "Tigers", "Detroit"},
  Team{"HOU", "HOU", "hou", "Houston Astros", "Houston", "Astros", "Houston"},
  Team{"KC", "KC", "kc", "Kansas City Royals", "Kansas City", "Royals", "Kansas City"},
  Team{"LAA", "LAA", "laa", "Los Angeles Angels", "Los Angeles", "Angels", "Los Angeles A"},
  Team{"LAD", "LAD", "lad", "Los Angeles Dodgers", "Los Angeles", "Dodgers", "Los Angeles D"},
  Team{"MIA", "MIA", "mia", "Miami Marlins", "Miami", "Marlins", "Miami"},
  Team{"MIL", "MIL", "mil", "Milwaukee Brewers", "Milwaukee", "Brewers", "Milwaukee"},
  Team{"MIN", "MIN", "min", "Minnesota Twins", "Minnesota", "Twins", "Minnesota"},
  Team{"NYM", "NYM", "nym", "New York Mets", "New York", "Mets", "New York M"},
  Team{"NYY", "NYY", "nyy", "New York Yankees", "New York", "Yankees", "New York Y"},
  Team{"PHI", "PHI", "phi", "Philadelphia Phillies", "Philadelphia", "Phillies", "Philadelphia"},
  Team{"PIT", "PIT", "pit", "Pittsburgh Pirates", "Pittsburgh", "Pirates", "Pittsburgh"},
  Team{"SD", "SD", "sd", "San Diego Padres", "San Diego", "Padres", "San Diego"},
  Team{"SF", "SF", "sf", "San Francisco Giants", "San Francisco", "Giants", "San Francisco"},
  Team{"SEA", "SEA", "sea", "Seattle Mariners", "Seattle", "Mariners", "Seattle"},
  Team{"STL", "STL", "stl", "St. Louis Cardinals", "St. Louis", "Cardinals", "St. Louis"},
  Team{"TB", "TB", "tb", "Tampa Bay Rays", "Tampa Bay", "Rays", "Tampa Bay"},
  Team{"TEX", "TEX", "tex", "Texas Rangers", "Texas", "Rangers", "Texas"},
  Team{"TOR", "TOR", "tor", "Toronto Blue Jays", "Toronto", "Blue Jays", "Toronto"},
  Team{"WSH", "WSH", "wsh", "Washington Nationals", "Washington", "Nationals", "Washington"},
};

constexpr std::array epl_teams{
  Team{"ARS", "ARS", "ars", "Arsenal", "Arsenal", "Arsenal", "Arsenal"},
  Team{"AVL", "AVL", "avl", "Aston Villa", "Aston Villa", "Aston Villa", "Aston Villa"},
  Team{"BHA", "BRI", "bri", "Brighton & Hove Albion", "Brighton", "Brighton & Hove Albion", "Brighton"},
  Team{"CHE", "CFC", "che", "Chelsea", "Chelsea", "Chelsea", "Chelsea"},
  Team{"CRY", "CRY", "cry", "Crystal Palace", "Crystal Palace", "Crystal Palace", "Crystal Palace"},
  Team{"EVE", "EVE", "eve", "Everton", "Everton", "Everton", "Everton"},
  Team{"FUL", "FUL", "ful", "Fulham", "Fulham", "Fulham", "Fulham"},
  Team{"LIV", "LFC", "liv", "Liverpool", "Liverpool", "Liverpool", "Liverpool"},
  Team{"MNC", "MCI", "mac", "Manchester City", "Manchester City", "Manchester City", "Manchester City"},
  Team{"MAN", "MUN", "mun", "Manchester United", "Manchester United", "Manchester United", "Manchester United"},
  Team{"NEW", "NEW", "new", "Newcastle United", "Newcastle", "Newcastle United", "Newcastle"},
  Team{"TOT", "TOT", "tot", "Tottenham Hotspur", "Tottenham", "Tottenham Hotspur", "Tottenham"},
};

constexpr std::array<LeagueFacts, 5> league_facts{
  LeagueFacts{"nba", "basketball/nba", "National Basketball Association", "NBA", "KXNBA", "Basketball", "Pro Basketball (M)", "basketball_game", "basketball_team", 1000, 3, 10345, 745, 46, 40, false},
  LeagueFacts{"nfl", "football/nfl", "National Football League", "NFL", "KXNFL", "Football", "Pro Football", "football_game", "football_team", 1000, 0, 10187, 450, 28, 20, true},
  LeagueFacts{"nhl", "hockey/nhl", "National Hockey League", "NHL", "KXNHL", "Hockey", "Pro Hockey", "hockey_match", "hockey_team", 1000, 0, 10346, 899, 90, 70, false},
  LeagueFacts{"mlb", "baseball/mlb", "Major League Baseball", "MLB", "KXMLB", "Baseball", "Pro Baseball", "baseball_game", "baseball_team", 500, 3, 3, 100381, 10, 1, false},
  LeagueFacts{"epl", "soccer/eng.1", "English Premier League", "EPL", "KXEPL", "Soccer", "EPL", "soccer_game", "soccer_team", 1000, 0, 10188, 82, 700, 600, false},
};
// clang-format on

} // namespace

const LeagueFacts& facts(League league) {
  return league_facts[static_cast<std::size_t>(league)];
}

std::span<const Team> teams(League league) {
  switch (league) {
    case League::nba:
      return nba_teams;
    case League::nfl:
      return nfl_teams;
    case League::nhl:
      return nhl_teams;
    case League::mlb:
      return mlb_teams;
    case League::epl:
      return epl_teams;
  }
  assert(false && "a league without teams");
  return {};
}

const Team& team(League league, std::string_view espn) {
  const auto all = teams(league);
  const auto found = std::ranges::find(all, espn, &Team::espn);
  assert(found != all.end());
  return *found;
}

} // namespace arbees::sim
