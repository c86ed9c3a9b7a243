#include "devices/scheduler.h"

#include <string>

#include "tests/catch.hpp"

using namespace devices;

namespace {
struct Recorder {
  explicit Recorder(Scheduler& s)
      : scheduler(s),
        a(s, "a", Delegate<void()>::to<&Recorder::on_a>(*this)),
        b(s, "b", Delegate<void()>::to<&Recorder::on_b>(*this)) {}
  void on_a() { log += "a" + std::to_string(scheduler.now()) + " "; }
  void on_b() {
    log += "b" + std::to_string(scheduler.now()) + " ";
    if (repeats-- > 0) scheduler.schedule(b, 10);
  }
  Scheduler& scheduler;
  std::string log;
  int repeats = 0;
  Event a, b;
};
}  // namespace

TEST_CASE("scheduler: events fire in time order, ties in posting order", "[devices][scheduler]") {
  Scheduler scheduler;
  Recorder r(scheduler);
  scheduler.schedule(r.b, 20);
  scheduler.schedule(r.a, 20);
  scheduler.advance_to(19);
  REQUIRE(r.log.empty());
  scheduler.advance_to(30);
  REQUIRE(r.log == "b20 a20 ");
  REQUIRE(scheduler.now() == 30);
  REQUIRE(scheduler.next_deadline() == kNever);
}

TEST_CASE("scheduler: an event that reschedules itself keeps its exact period",
          "[devices][scheduler]") {
  Scheduler scheduler;
  Recorder r(scheduler);
  r.repeats = 3;
  scheduler.schedule(r.b, 10);
  scheduler.advance_to(35);
  REQUIRE(r.log == "b10 b20 b30 ");
  REQUIRE(scheduler.next_deadline() == 40);
}

TEST_CASE("scheduler: a cancelled event does not fire, a rescheduled one fires once",
          "[devices][scheduler]") {
  Scheduler scheduler;
  Recorder r(scheduler);
  scheduler.schedule(r.a, 5);
  scheduler.cancel(r.a);
  scheduler.schedule(r.b, 5);
  scheduler.schedule(r.b, 8);
  scheduler.advance_to(100);
  REQUIRE(r.log == "b8 ");
}

TEST_CASE("scheduler: pending events survive save and load", "[devices][scheduler]") {
  Scheduler first;
  Recorder r(first);
  first.schedule(r.a, 7);
  first.schedule(r.b, 7);
  first.advance_to(3);
  Archive saver = Archive::saver();
  first.serialize(saver);

  Scheduler second;
  Recorder loaded(second);
  Archive loader = Archive::loader(saver.saved());
  second.serialize(loader);
  REQUIRE(loader.at_end());
  second.advance_to(7);
  REQUIRE(loaded.log == "a7 b7 ");
}

TEST_CASE("scale: large times do not overflow", "[devices][scheduler]") {
  // A year in nanoseconds to PIT clocks: 31536000 s x 1193182.
  REQUIRE(scale(31536000ull * kSecond, 1193182, kSecond) == 31536000ull * 1193182);
}
