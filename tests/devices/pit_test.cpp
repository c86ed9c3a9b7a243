#include "devices/pit.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tests/catch.hpp"
#include "tests/devices/port_rig.h"

using namespace devices;

namespace {

struct EdgeLog {
  explicit EdgeLog(const Scheduler& s) : scheduler(s) {}
  void set(bool level) { edges.push_back({scheduler.now(), level}); }
  struct Edge {
    Nanoseconds time;
    bool level;
    bool operator==(const Edge&) const = default;
  };
  const Scheduler& scheduler;
  std::vector<Edge> edges;
};

// First nanosecond at which so many clocks have passed.
Nanoseconds instant(std::uint64_t clock) {
  Nanoseconds t = scale(clock, kSecond, kPitFrequency);
  while (scale(t, kPitFrequency, kSecond) < clock) ++t;
  return t;
}

// OUT2 makes no events: its edges, as whoever follows a copy of the counter sees them.
struct Follower {
  Follower(const Scheduler& s, const Pit& p) : scheduler(s), pit(p), counter(p.counter_now(2)) {}
  void changed() {
    ++changes;
    run();
    counter = pit.counter_now(2);
    set(scheduler.now());
  }
  void run() {
    const std::uint64_t end = pit.clocks();
    while (counter.clocks_to_change() <= end - clock) {
      clock += counter.clocks_to_change();
      counter.advance(counter.clocks_to_change());
      set(instant(clock));
    }
    counter.advance(end - clock);
    clock = end;
  }
  void set(Nanoseconds time) {
    if (counter.out() != level) edges.push_back({time, counter.out()});
    level = counter.out();
  }
  const Scheduler& scheduler;
  const Pit& pit;
  PitCounter counter;
  std::uint64_t clock = 0;
  bool level = true;
  int changes = 0;
  std::vector<EdgeLog::Edge> edges;
};

struct Board : PortRig {
  Board() : pit(scheduler), out0(scheduler), out2(scheduler, pit) {
    pit.claim_ports(ports);
    pit.out0.connect<&EdgeLog::set>(out0);
    pit.counter2_changed = Delegate<void()>::to<&Follower::changed>(out2);
  }
  // To the first instant at which `n` more clocks have passed.
  void clocks(std::uint64_t n) { scheduler.advance_to(instant(pit.clocks() + n)); }
  void program(int channel, int mode, int count, int bcd = 0) {
    out(0x43, channel << 6 | 0x30 | mode << 1 | bcd);
    out(0x40 + channel, count & 0xFF);
    out(0x40 + channel, count >> 8);
  }
  int count(int channel) {
    out(0x43, channel << 6);
    const int low = in(0x40 + channel);
    return low | in(0x40 + channel) << 8;
  }
  int status(int channel) {
    out(0x43, 0xE0 | 2 << channel);
    return in(0x40 + channel);
  }
  // OUT over the next clocks, as the timing diagrams of the data sheet draw it.
  std::string wave(unsigned channel, int length) {
    std::string text;
    for (int i = 0; i < length; ++i) {
      clocks(1);
      text += pit.output(channel) ? 'H' : 'L';
    }
    return text;
  }

  Scheduler scheduler;
  Pit pit;
  EdgeLog out0;
  Follower out2;
};

std::string first_difference(const std::vector<EdgeLog::Edge>& a,
                             const std::vector<EdgeLog::Edge>& b) {
  const auto text = [](const std::vector<EdgeLog::Edge>& edges, std::size_t i) {
    return i < edges.size() ? std::to_string(edges[i].time) + (edges[i].level ? "H" : "L") : "end";
  };
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    if (i >= a.size() || i >= b.size() || !(a[i] == b[i])) {
      return "edge " + std::to_string(i) + ": " + text(a, i) + " against " + text(b, i);
    }
  }
  return {};
}

// One counter clock by clock, after the data sheet's mode descriptions; waves as positions in a
// period.
struct Model {
  int mode = 3, access = 3, control = 0x36;
  bool bcd = false, gate = true, out = true;
  long cr = 0, value = 0;
  bool have_count = false, null_count = true, load_next = false, loaded = false, frozen = false;
  bool done = false;
  long position = 0, period = 0;
  int first = -1;
  bool read_high = false;
  int latched_low = -1, latched_high = -1, latched_status = -1;
  std::vector<std::pair<std::uint64_t, bool>> changes;

  long top() const { return bcd ? 10000 : 65536; }
  void control_word(int v) {
    control = v & 0x3F;
    access = v >> 4 & 3;
    mode = v >> 1 & 7;
    if (mode >= 6) mode &= 3;
    bcd = v & 1;
    out = mode != 0;
    have_count = load_next = loaded = frozen = done = false;
    null_count = true;
    first = -1;
    read_high = false;
    latched_low = latched_high = latched_status = -1;
  }
  void write(int v) {
    int whole = v;
    if (access == 2) whole = v << 8;
    if (access == 3) {
      if (first < 0) {
        first = v;
        if (mode == 0) frozen = true, out = false;
        return;
      }
      whole = v << 8 | first;
      first = -1;
    }
    long n = whole;
    if (bcd) {
      n = 0;
      for (int shift = 12; shift >= 0; shift -= 4) n = n * 10 + (whole >> shift & 15);
      n %= 10000;
    }
    cr = n == 0 ? top() : n;
    null_count = true;
    if (mode == 0) frozen = false, out = false;
    if (mode == 0 || mode == 4) load_next = true;
    if ((mode == 2 || mode == 3) && !have_count) load_next = true;
    have_count = true;
  }
  void set_gate(bool level) {
    if (level && !gate && have_count && mode != 0 && mode != 4) load_next = true;
    if (!level && (mode == 2 || mode == 3)) out = true;
    gate = level;
  }
  void load() {
    load_next = null_count = done = false;
    loaded = true;
    value = cr;
    if (mode == 1) out = false;
    if (mode == 2 || mode == 3) {
      period = cr;
      position = 0;
      out = true;
    }
  }
  void clock() {
    if (mode >= 4) out = true;
    if (load_next) return load();
    if (!loaded || frozen) return;
    if (!gate && mode != 1 && mode != 5) return;
    if (mode == 2) {
      if (++position >= period) return load();
      value = period - position;
      out = position != period - 1;
    } else if (mode == 3) {
      ++position;
      const long high = (period + 1) / 2;
      if (position >= period) return load();
      if (position ==
          high) {  // a new count is taken here too: the rest is the low half of its wave
        period = cr;
        null_count = false;
        if (period == 1) return load();
        position = (period + 1) / 2;
      }
      const long half = (period + 1) / 2;
      out = position < half;
      const long in_half = out ? position : position - half;
      value = period - 2 * in_half;
      if (period % 2 == 1 && in_half > 0) value += out ? 1 : -1;
    } else {
      value = value == 0 ? top() - 1 : value - 1;
      if (value == 0 && !done) {
        done = true;
        out = mode <= 1;
      }
    }
  }
  int shown() const {
    if (!bcd) return static_cast<int>(value & 0xFFFF);
    const long v = value % 10000;
    return static_cast<int>(v / 1000 << 12 | v / 100 % 10 << 8 | v / 10 % 10 << 4 | v % 10);
  }
  void latch() {
    if (latched_low >= 0 || latched_high >= 0) return;
    if (access != 2) latched_low = shown() & 0xFF;
    if (access != 1) latched_high = shown() >> 8;
  }
  void latch_status() {
    if (latched_status < 0) latched_status = (out ? 128 : 0) + (null_count ? 64 : 0) + control;
  }
  static int take(int& latched, int live) {
    const int result = latched >= 0 ? latched : live;
    latched = -1;
    return result;
  }
  int read() {
    if (latched_status >= 0) return take(latched_status, 0);
    bool high = access == 2;
    if (access == 3) {
      high = read_high;
      read_high = !read_high;
    }
    return high ? take(latched_high, shown() >> 8) : take(latched_low, shown() & 0xFF);
  }
};
}  // namespace

TEST_CASE("pit: mode 0 holds OUT low for count + 1 clocks and counts on round", "[devices][pit]") {
  Board b;
  b.program(0, 0, 4);
  REQUIRE(b.wave(0, 8) == "LLLLHHHH");
  REQUIRE(b.count(0) == 0xFFFD);
}

TEST_CASE("pit: the first byte of a new count stops mode 0 and pulls OUT low", "[devices][pit]") {
  Board b;
  b.program(0, 0, 2);
  b.clocks(10);
  b.out(0x40, 3);
  REQUIRE_FALSE(b.pit.output(0));
  const int frozen = b.count(0);
  b.clocks(100);
  REQUIRE(b.count(0) == frozen);
  b.out(0x40, 0);
  REQUIRE(b.wave(0, 5) == "LLLHH");
}

TEST_CASE("pit: the gate pauses mode 0, which still loads a new count", "[devices][pit]") {
  Board b;
  b.program(2, 0, 5);  // gate 2 is low after reset
  b.clocks(50);
  REQUIRE(b.count(2) == 5);
  b.pit.set_gate2(true);
  REQUIRE(b.wave(2, 6) == "LLLLHH");
}

TEST_CASE("pit: mode 1 is a one-shot that the gate starts and restarts", "[devices][pit]") {
  Board b;
  b.program(2, 1, 3);
  REQUIRE(b.wave(2, 3) == "HHH");
  b.pit.set_gate2(true);
  REQUIRE(b.wave(2, 2) == "LL");
  b.pit.set_gate2(false);
  b.pit.set_gate2(true);
  REQUIRE(b.wave(2, 5) == "LLLHH");
}

TEST_CASE("pit: mode 2 divides by its count with OUT low for the last clock", "[devices][pit]") {
  Board b;
  b.program(0, 2, 3);
  REQUIRE(b.wave(0, 9) == "HHLHHLHHL");
  b.out(0x40, 5);
  b.out(0x40, 0);
  REQUIRE(b.wave(0, 7) == "HHHHLHH");
}

TEST_CASE("pit: mode 3 gives the odd clock to the high half", "[devices][pit]") {
  Board b;
  b.program(0, 3, 4);
  REQUIRE(b.wave(0, 9) == "HHLLHHLLH");
  b.program(0, 3, 5);
  std::vector<int> counts;
  for (int i = 0; i < 10; ++i) {
    b.clocks(1);
    counts.push_back(b.count(0));
  }
  REQUIRE(counts == std::vector<int>{5, 4, 2, 5, 2, 5, 4, 2, 5, 2});
}

TEST_CASE("pit: a low gate forces OUT of modes 2 and 3 high, its rise starts the period anew",
          "[devices][pit]") {
  const int mode = GENERATE(2, 3);
  Board b;
  b.pit.set_gate2(true);
  b.program(2, mode, 4);
  b.clocks(4);
  REQUIRE_FALSE(b.pit.output(2));
  b.pit.set_gate2(false);
  REQUIRE(b.pit.output(2));
  REQUIRE(b.wave(2, 5) == "HHHHH");
  b.pit.set_gate2(true);
  REQUIRE(b.wave(2, 5) == (mode == 2 ? "HHHLH" : "HHLLH"));
}

TEST_CASE("pit: modes 4 and 5 strobe once for one clock", "[devices][pit]") {
  Board b;
  b.pit.set_gate2(true);
  b.program(2, 4, 3);
  REQUIRE(b.wave(2, 7) == "HHHLHHH");
  b.clocks(70000);
  REQUIRE(b.pit.output(2));
  b.program(2, 5, 3);
  REQUIRE(b.wave(2, 6) == "HHHHHH");
  b.pit.set_gate2(false);
  b.pit.set_gate2(true);
  REQUIRE(b.wave(2, 6) == "HHHLHH");
}

TEST_CASE("pit: BCD counts in decimal, 0 means 10000", "[devices][pit]") {
  Board b;
  b.program(0, 2, 0, 1);
  b.clocks(2);
  REQUIRE(b.count(0) == 0x9999);
  b.clocks(9999);
  REQUIRE(b.count(0) == 0x0000);
  b.clocks(100);
  REQUIRE(b.count(0) == 0x9900);
}

TEST_CASE("pit: a latched count stays until it is read, a second latch is ignored",
          "[devices][pit]") {
  Board b;
  b.program(0, 2, 0x8000);
  b.clocks(0x101);
  b.out(0x43, 0x00);
  b.clocks(1000);
  b.out(0x43, 0x00);
  REQUIRE(b.in(0x40) == 0x00);
  REQUIRE(b.in(0x40) == 0x7F);
  REQUIRE(b.count(0) == 0x8000 - 0x100 - 1000);
}

TEST_CASE("pit: read-back latches status and count of several counters, status is read first",
          "[devices][pit]") {
  Board b;
  b.program(0, 2, 0x1234);
  b.program(1, 3, 18);
  b.clocks(1);
  b.out(0x43, 0xC6);
  REQUIRE(b.in(0x40) == 0xB4);
  REQUIRE(b.in(0x40) == 0x34);
  REQUIRE(b.in(0x40) == 0x12);
  REQUIRE(b.in(0x41) == 0xB6);
  REQUIRE(b.in(0x41) == 18);
  REQUIRE(b.in(0x41) == 0);
}

TEST_CASE("pit: null count tells a written count from a loaded one", "[devices][pit]") {
  Board b;
  b.program(0, 2, 100);
  REQUIRE((b.status(0) & 0x40) != 0);
  b.clocks(1);
  REQUIRE((b.status(0) & 0x40) == 0);
  b.out(0x40, 50);
  REQUIRE((b.status(0) & 0x40) == 0);  // half of it
  b.out(0x40, 0);
  REQUIRE((b.status(0) & 0x40) != 0);
  b.clocks(99);
  REQUIRE((b.status(0) & 0x40) != 0);
  b.clocks(1);
  REQUIRE((b.status(0) & 0x40) == 0);
}

TEST_CASE("pit: the bytes of reads and writes alternate independently", "[devices][pit]") {
  Board b;
  b.program(0, 4, 0x1234);
  b.clocks(1);
  REQUIRE(b.in(0x40) == 0x34);
  b.out(0x40, 0x78);
  REQUIRE(b.in(0x40) == 0x12);
  b.out(0x40, 0x56);
  b.clocks(1);
  REQUIRE(b.count(0) == 0x5678);
}

TEST_CASE("pit: the BIOS tick comes 18.2065 times a second and does not drift", "[devices][pit]") {
  Board b;
  b.program(0, 3, 0);
  b.out0.edges.clear();
  b.scheduler.advance_to(3600 * kSecond);
  std::size_t rises = 0;
  for (const EdgeLog::Edge& edge : b.out0.edges) {
    if (!edge.level) continue;
    ++rises;
    REQUIRE(edge.time == instant(1 + rises * 65536));
  }
  REQUIRE(rises == (3600ull * kPitFrequency - 1) / 65536);
}

TEST_CASE("pit: counter 2 makes no events, and tells of each write and of its gate",
          "[devices][pit]") {
  Board b;
  b.pit.set_gate2(true);
  b.program(2, 3, 1193);
  REQUIRE(b.out2.changes == 4);
  b.program(0, 0, 5);
  b.in(0x42);
  b.out(0x43, 0x80);  // a latch changes nothing
  REQUIRE(b.out2.changes == 4);
  b.clocks(11930);
  REQUIRE(b.out2.changes == 4);
  REQUIRE(b.scheduler.next_deadline() == kNever);
  b.out2.run();
  REQUIRE((b.out2.edges.size() == 19 || b.out2.edges.size() == 20));
}

TEST_CASE("pit: a wave too fast to follow shows some of its pulses and its exact count",
          "[devices][pit]") {
  const int period = GENERATE(1, 2, 3, 7, 15);
  const int mode = GENERATE(2, 3);
  Board b;
  b.program(0, mode, period);
  b.clocks(1001);
  b.out0.edges.clear();
  b.clocks(16000);
  REQUIRE(b.out0.edges.size() <= 2002);
  REQUIRE(b.out0.edges.size() >= (period == 1 ? 0u : 900u));
  for (const EdgeLog::Edge& edge : b.out0.edges) {
    const std::uint64_t clock = scale(edge.time, kPitFrequency, kSecond);
    REQUIRE((clock - 1) % static_cast<std::uint64_t>(period) == 0);
  }
}

TEST_CASE("pit: agrees with a clock-by-clock model under random programs", "[devices][pit]") {
  const unsigned seed = GENERATE(range(1u, 31u));
  std::mt19937 random(seed);
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  Board b;
  std::array<Model, 3> models;
  models[2].gate = false;
  std::uint64_t clock = 0;
  std::array<std::vector<EdgeLog::Edge>, 3> expected;
  std::array<bool, 3> level{true, true, true};
  const auto note = [&] {
    for (std::size_t i = 0; i < 3; ++i) {
      if (models[i].out == level[i]) continue;
      level[i] = models[i].out;
      expected[i].push_back({b.scheduler.now(), level[i]});
    }
  };
  for (int step = 0; step < 1500; ++step) {
    Nanoseconds delay = random() % (below(8) == 0 ? 90'000'000u : 30'000u);
    if (below(3) == 0) delay = random() % 900;
    const Nanoseconds until = b.scheduler.now() + delay;
    b.scheduler.advance_to(until);
    for (; clock < b.pit.clocks(); ++clock) {
      for (std::size_t i = 0; i < 3; ++i) {
        models[i].clock();
        if (models[i].out == level[i]) continue;
        level[i] = models[i].out;
        expected[i].push_back({instant(clock + 1), level[i]});
      }
    }
    const int channel = below(3);
    Model& model = models[static_cast<std::size_t>(channel)];
    switch (below(10)) {
      case 0: {
        const int word = channel << 6 | (1 + below(3)) << 4 | below(16);
        b.out(0x43, word);
        model.control_word(word);
        break;
      }
      case 1:
      case 2: {
        // Counter 0, which has a line, stays out of the range where pulses are left out.
        const bool high = model.access == 2 || model.first >= 0;
        const int value = channel == 1 && below(2)   ? below(4)
                          : high                     ? below(3) * below(256) / 2
                          : channel == 1 || below(2) ? below(256)
                                                     : 0x20 + below(0x60);
        const int safe = channel != 1 && !high && value < 0x20 ? 0x20 : value;
        b.out(0x40 + channel, safe);
        model.write(safe);
        break;
      }
      case 3: {
        const bool gate = below(2);
        b.pit.set_gate2(gate);
        models[2].set_gate(gate);
        break;
      }
      case 4: {
        b.out(0x43, channel << 6);
        model.latch();
        break;
      }
      case 5: {
        const int command = 0xC0 | below(64);
        b.out(0x43, command);
        for (std::size_t i = 0; i < 3; ++i) {
          if ((command >> (i + 1) & 1) == 0) continue;
          if ((command & 0x20) == 0) models[i].latch();
          if ((command & 0x10) == 0) models[i].latch_status();
        }
        break;
      }
      case 6:
        REQUIRE(b.pit.output(static_cast<unsigned>(channel)) == model.out);
        break;
      default:
        INFO("seed " << seed << " step " << step << " channel " << channel << " mode "
                     << model.mode);
        REQUIRE(b.in(0x40 + channel) == model.read());
        break;
    }
    note();
  }
  REQUIRE(first_difference(b.out0.edges, expected[0]) == "");
  b.out2.run();
  REQUIRE(first_difference(b.out2.edges, expected[2]) == "");
}

TEST_CASE("pit: state survives save and load in the middle of a period", "[devices][pit]") {
  Board b;
  b.program(0, 2, 1000);
  b.program(2, 3, 777);
  b.clocks(12345);
  Archive saver = Archive::saver();
  b.scheduler.serialize(saver);
  b.pit.serialize(saver);
  Board c;
  Archive loader = Archive::loader(saver.saved());
  c.scheduler.serialize(loader);
  c.pit.serialize(loader);
  REQUIRE(loader.at_end());
  b.out0.edges.clear();
  b.clocks(5000);
  c.clocks(5000);
  REQUIRE(b.out0.edges == c.out0.edges);
  REQUIRE(b.count(0) == c.count(0));
  REQUIRE(b.count(2) == c.count(2));
}
