#pragma once

#include <cmath>
#include <random>
#include <vector>

#include "tests/actors/sample_game.hpp"

// What happens in one game that arbees has no part in: the same for every leg policy.

namespace arbees::test {

/// What is assumed of the world, in cents and seconds. None of it is measured; each number is a
/// guess at an NBA game on two venues, and the same for every policy.
struct TapeModel {
  Duration length = 10min;
  Duration delay = 1s;      ///< that Polymarket lets takers wait
  bool makers_react = true; ///< to a trade of ours: makers at the other venue move away
  double drift = 0.3;       ///< of the fair price, standard deviation per root second
  double jump_every = 25;   ///< on average: a score, or a foul
  double jump = 2.5;        ///< standard deviation
  double kalshi_lag = 0.15; ///< of the makers behind the fair price
  double poly_lag = 0.8;
  double kalshi_noise = 0.3; ///< of the makers' price around it, standard deviation
  double poly_noise = 2.0;
  double noise_time = 30;         ///< in which the noise forgets itself
  double half_spread = 0.6;       ///< before both sides are rounded away from each other
  double takers_per_second = 0.5; ///< on Polymarket, a side, who know nothing
  double taker_size = 60;         ///< contracts, on average
};

/// Prices are YES prices in cents; a step is 50 ms.
class DelayedTape {
public:
  static constexpr Duration step = 50ms;

  struct Taker {
    bool hits_bids = false;
    Quantity size;
  };

  DelayedTape(std::uint64_t seed, const TapeModel& model) : seed_{seed}, model_{model} {
    std::mt19937_64 random{seed};
    const auto steps = static_cast<std::size_t>(model.length / step);
    fair_ = walk(random, steps);
    kalshi_ = makers(random, model.kalshi_lag, model.kalshi_noise);
    poly_ = makers(random, model.poly_lag, model.poly_noise);
    takers_.resize(steps);
    std::bernoulli_distribution comes{model.takers_per_second * seconds(step)};
    std::exponential_distribution<double> size{1 / model.taker_size};
    for (auto& taker : takers_) {
      for (const auto hits_bids : {true, false}) {
        if (comes(random)) {
          taker.push_back(
            {hits_bids, Quantity{static_cast<std::int64_t>(size(random) * 100 + 1) * 10'000}});
        }
      }
    }
  }

  [[nodiscard]] const TapeModel& model() const { return model_; }
  [[nodiscard]] std::size_t steps() const { return fair_.size(); }
  [[nodiscard]] double fair(std::size_t i) const { return fair_[std::min(i, steps() - 1)]; }
  [[nodiscard]] double center(Venue venue, std::size_t i) const {
    return (venue == Venue::kalshi ? kalshi_ : poly_)[i];
  }
  [[nodiscard]] const std::vector<Taker>& takers(std::size_t i) const { return takers_[i]; }

  /// What makers show at a price, drawn anew every five seconds: 40 to 240 contracts.
  [[nodiscard]] Quantity size(Venue venue, int price, std::size_t i) const {
    std::mt19937_64 random{seed_ * 1'000'003 + i / 100 * 401 + static_cast<std::uint64_t>(price)
                           + (venue == Venue::kalshi ? 7'919 : 0)};
    random.discard(3);
    return contracts(std::uniform_int_distribution<std::int64_t>{40, 240}(random));
  }

private:
  static double seconds(Duration duration) {
    return std::chrono::duration<double>{duration}.count();
  }

  [[nodiscard]] std::vector<double> walk(std::mt19937_64& random, std::size_t steps) const {
    std::normal_distribution<double> normal;
    std::bernoulli_distribution jumps{seconds(step) / model_.jump_every};
    std::vector<double> path(steps);
    auto price = std::uniform_real_distribution<double>{35, 65}(random);
    for (auto& at : path) {
      price += normal(random) * model_.drift * std::sqrt(seconds(step));
      price += jumps(random) ? normal(random) * model_.jump : 0;
      price = std::clamp(price, 12.0, 88.0);
      at = price;
    }
    return path;
  }

  /// Behind the fair price by a lag, around it by a noise that returns to nought.
  [[nodiscard]] std::vector<double>
  makers(std::mt19937_64& random, double lag, double deviation) const {
    std::normal_distribution<double> normal;
    const auto behind = static_cast<std::size_t>(lag / seconds(step));
    const auto keeps = std::exp(-seconds(step) / model_.noise_time);
    auto noise = normal(random) * deviation;
    std::vector<double> path(fair_.size());
    for (std::size_t i = 0; i < path.size(); ++i) {
      noise = noise * keeps + normal(random) * deviation * std::sqrt(1 - keeps * keeps);
      path[i] = fair_[i < behind ? 0 : i - behind] + noise;
    }
    return path;
  }

  std::uint64_t seed_;
  TapeModel model_;
  std::vector<double> fair_;
  std::vector<double> kalshi_;
  std::vector<double> poly_;
  std::vector<std::vector<Taker>> takers_;
};

} // namespace arbees::test
