#include "devices/pic.h"

#include <algorithm>
#include <random>
#include <vector>

#include "tests/catch.hpp"
#include "tests/devices/port_rig.h"

using namespace devices;

namespace {

struct Board : PortRig {
  Board() { pics.claim_ports(ports); }
  void init(int icw4 = 0x01) {  // as an AT BIOS does
    for (const int base : {0x20, 0xA0}) {
      out(base, 0x11);
      out(base + 1, base == 0x20 ? 0x08 : 0x70);
      out(base + 1, base == 0x20 ? 0x04 : 0x02);
      out(base + 1, icw4);
    }
  }
  void pulse(unsigned irq) {
    pics.input(irq).set(false);
    pics.input(irq).set(true);
  }
  int irr(int base = 0x20) {
    out(base, 0x0A);
    return in(base);
  }
  int isr(int base = 0x20) {
    out(base, 0x0B);
    return in(base);
  }
  bool intr() { return pics.intr().level(); }

  PicPair pics;
};

// A second 8259 made of eight records and a sorted list instead of bit masks, after the data
// sheet's text.
struct ModelLevel {
  bool line = false, edge = false, in_service = false, masked = false, has_slave = false;
};
struct ModelPic {
  explicit ModelPic(bool is_master) : master(is_master) {}

  const bool master;
  std::array<ModelLevel, 8> levels{};
  std::vector<int> order{0, 1, 2, 3, 4, 5, 6, 7};  // highest priority first
  int base = 0, step = 1;                          // step 1: ready, 2..4: that ICW is next
  bool need4 = false, single = false, ltim = false, aeoi = false, rotate_aeoi = false, sfnm = false;
  bool smm = false, show_isr = false, poll = false;

  bool requested(int n) const {
    const ModelLevel& l = levels[static_cast<std::size_t>(n)];
    return ltim ? l.line : l.line && l.edge;
  }
  void make_lowest(int n) {
    while (order.back() != n) std::rotate(order.begin(), order.begin() + 1, order.end());
  }
  int best() const {
    for (std::size_t i = 0; i < order.size(); ++i) {
      const ModelLevel& l = levels[static_cast<std::size_t>(order[i])];
      if (!requested(order[i]) || l.masked) continue;
      bool blocked = false;
      for (std::size_t j = 0; j <= i; ++j) {
        const ModelLevel& other = levels[static_cast<std::size_t>(order[j])];
        if (!other.in_service || (smm && other.masked)) continue;
        if (j == i && sfnm && master && l.has_slave) continue;
        blocked = true;
      }
      if (!blocked) return order[i];
    }
    return -1;
  }
  bool intr() const { return step == 1 && best() >= 0; }
  void set_line(int n, bool level) {
    ModelLevel& l = levels[static_cast<std::size_t>(n)];
    if (level && !l.line) l.edge = true;
    if (!level) l.edge = false;
    l.line = level;
  }
  void serve(int n) {
    ModelLevel& l = levels[static_cast<std::size_t>(n)];
    l.edge = false;
    if (!aeoi) {
      l.in_service = true;
    } else if (rotate_aeoi) {
      make_lowest(n);
    }
  }
  int bits(bool service) const {
    int value = 0;
    for (int n = 0; n < 8; ++n) {
      if (service ? levels[static_cast<std::size_t>(n)].in_service : requested(n)) value += 1 << n;
    }
    return value;
  }
  int read(int a0) {
    if (poll) {
      poll = false;
      const int n = best();
      if (n < 0) return 0;
      serve(n);
      return 0x80 + n;
    }
    if (a0 == 0) return bits(show_isr);
    int value = 0;
    for (int n = 0; n < 8; ++n) value += levels[static_cast<std::size_t>(n)].masked ? 1 << n : 0;
    return value;
  }
  void write(int a0, int value) {
    if (a0 == 1) {
      if (step == 1) {
        for (int n = 0; n < 8; ++n)
          levels[static_cast<std::size_t>(n)].masked = (value >> n & 1) == 1;
      } else if (step == 2) {
        base = value / 8 * 8;
        step = !single ? 3 : need4 ? 4 : 1;
      } else if (step == 3) {
        if (master) {
          for (int n = 0; n < 8; ++n) {
            levels[static_cast<std::size_t>(n)].has_slave = (value >> n & 1) == 1;
          }
        }
        step = need4 ? 4 : 1;
      } else {
        aeoi = (value & 2) == 2;
        sfnm = (value & 16) == 16;
        step = 1;
      }
      return;
    }
    if (value & 16) {
      for (ModelLevel& l : levels) l = ModelLevel{.line = l.line};
      order = {0, 1, 2, 3, 4, 5, 6, 7};
      need4 = value & 1, single = value & 2, ltim = value & 8;
      aeoi = rotate_aeoi = sfnm = smm = show_isr = poll = false;
      step = 2;
    } else if (value & 8) {
      if (value & 64) smm = value & 32;
      if (value & 2) show_isr = value & 1;
      if (value & 4) poll = true;
    } else {
      const bool rotate = value & 128, specific = value & 64, eoi = value & 32;
      int target = value & 7;
      if (!specific && eoi) {
        target = -1;
        for (const int n : order) {
          const ModelLevel& l = levels[static_cast<std::size_t>(n)];
          if (target < 0 && l.in_service && !(smm && l.masked)) target = n;
        }
      }
      if (!specific && !eoi) {
        rotate_aeoi = rotate;
      } else if (target >= 0) {
        if (eoi) levels[static_cast<std::size_t>(target)].in_service = false;
        if (rotate && (eoi || specific)) make_lowest(target);
      }
    }
  }
};
struct ModelPair {
  ModelPic master{true}, slave{false};
  bool cascade = false;
  void settle() {
    if (slave.intr() != cascade) {
      cascade = !cascade;
      master.set_line(2, cascade);
    }
  }
  void slave_pulse() {  // INT falls during the acknowledge whatever follows
    cascade = false;
    master.set_line(2, false);
    settle();
  }
  int acknowledge() {
    const int n = master.best();
    if (n < 0) return master.base + 7;
    master.serve(n);
    if (!master.levels[static_cast<std::size_t>(n)].has_slave) return master.base + n;
    if (n != 2) return 0xFF;
    const int m = slave.best();
    if (m < 0) return slave.base + 7;
    slave.serve(m);
    slave_pulse();
    return slave.base + m;
  }
};
}  // namespace

TEST_CASE("pic: a rising line interrupts with the vector of its controller", "[devices][pic]") {
  Board b;
  b.init();
  b.pulse(0);
  REQUIRE(b.intr());
  REQUIRE(b.pics.acknowledge() == 0x08);
  REQUIRE_FALSE(b.intr());
  b.pulse(14);
  REQUIRE_FALSE(b.intr());  // IRQ 0 in service holds the cascade off
  b.out(0x20, 0x20);
  REQUIRE(b.intr());
  REQUIRE(b.pics.acknowledge() == 0x76);
  REQUIRE(b.isr() == 0x04);
  REQUIRE(b.isr(0xA0) == 0x40);
}

TEST_CASE(
    "pic: a line that falls before the acknowledge leaves a spurious IRQ 7 without a service bit",
    "[devices][pic]") {
  Board b;
  b.init();
  b.pulse(3);
  REQUIRE(b.irr() == 0x08);
  b.pics.input(3).set(false);
  REQUIRE(b.irr() == 0x00);
  REQUIRE(b.pics.acknowledge() == 0x0F);
  REQUIRE(b.isr() == 0x00);
}

TEST_CASE("pic: a slave without a request answers its acknowledge with level 7 and no service bit",
          "[devices][pic]") {
  Pic slave(Pic::Role::slave);
  slave.write(false, 0x11);
  for (const int icw : {0x70, 0x02, 0x01}) slave.write(true, static_cast<std::uint8_t>(icw));
  const Pic::Acknowledge answer = slave.acknowledge();
  REQUIRE(answer.spurious);
  REQUIRE(answer.vector == 0x77);
  REQUIRE(slave.in_service() == 0);
}

TEST_CASE("pic: an edge counts once, a level counts until it falls", "[devices][pic]") {
  Board b;
  b.init();
  b.pulse(4);
  REQUIRE(b.pics.acknowledge() == 0x0C);
  b.out(0x20, 0x20);
  REQUIRE_FALSE(b.intr());

  b.out(0x20, 0x19);
  for (const int icw : {0x08, 0x04, 0x01}) b.out(0x21, icw);
  REQUIRE(b.intr());
  REQUIRE(b.pics.acknowledge() == 0x0C);
  b.out(0x20, 0x20);
  REQUIRE(b.intr());
  b.pics.input(4).set(false);
  REQUIRE_FALSE(b.intr());
}

TEST_CASE("pic: ICW1 clears mask, services and pending edges and holds INT until the last ICW",
          "[devices][pic]") {
  Board b;
  b.init();
  b.out(0x21, 0xF0);
  b.pulse(1);
  b.pics.acknowledge();
  b.pulse(2 + 4);
  b.out(0x20, 0x11);
  REQUIRE(b.in(0x20) == 0x00);  // IRR is selected and empty although line 6 is high
  REQUIRE(b.isr() == 0x00);
  REQUIRE(b.in(0x21) == 0x00);
  b.pulse(5);
  b.out(0x21, 0x50);
  b.out(0x21, 0x04);
  REQUIRE_FALSE(b.intr());
  b.out(0x21, 0x01);
  REQUIRE(b.intr());
  REQUIRE(b.pics.acknowledge() == 0x55);
}

TEST_CASE("pic: ICW3 and ICW4 are expected only when ICW1 says so", "[devices][pic]") {
  Board b;
  b.out(0x20, 0x12);  // single, no ICW4
  b.out(0x21, 0x40);
  b.out(0x21, 0xFE);  // already the mask
  REQUIRE(b.in(0x21) == 0xFE);
  b.pulse(0);
  REQUIRE(b.pics.acknowledge() == 0x40);
}

TEST_CASE("pic: poll takes the request into service and answers once", "[devices][pic]") {
  Board b;
  b.init();
  b.pulse(6);
  b.out(0x20, 0x0C);
  REQUIRE(b.in(0x21) == 0x86);  // either port
  REQUIRE(b.in(0x21) == 0x00);  // the mask again
  REQUIRE(b.isr() == 0x40);
  b.out(0x20, 0x0C);
  REQUIRE(b.in(0x20) == 0x00);
}

TEST_CASE("pic: special mask mode lets lower levels through while a masked one is served",
          "[devices][pic]") {
  Board b;
  b.init();
  b.pulse(1);
  b.pics.acknowledge();
  b.pulse(6);
  b.out(0x21, 0x02);
  REQUIRE_FALSE(b.intr());
  b.out(0x20, 0x68);
  REQUIRE(b.intr());
  REQUIRE(b.pics.acknowledge() == 0x0E);
  b.out(0x20, 0x20);  // sees level 6 only
  REQUIRE(b.isr() == 0x02);
  b.out(0x20, 0x20);
  REQUIRE(b.isr() == 0x02);
  b.out(0x20, 0x61);
  REQUIRE(b.isr() == 0x00);
}

TEST_CASE("pic: special fully nested mode admits the slave again but no lower level",
          "[devices][pic]") {
  Board b;
  b.init(0x11);
  b.pulse(12);
  REQUIRE(b.pics.acknowledge() == 0x74);
  b.pulse(3);
  REQUIRE_FALSE(b.intr());
  b.pulse(8);
  REQUIRE(b.intr());
  REQUIRE(b.pics.acknowledge() == 0x70);
}

TEST_CASE("pic: rotation moves the served level to the end", "[devices][pic]") {
  Board b;
  b.init();
  b.pulse(0);
  b.pics.acknowledge();
  b.out(0x20, 0xA0);
  b.pulse(0);
  b.pulse(7);
  REQUIRE(b.pics.acknowledge() == 0x0F);
  b.out(0x20, 0x67);
  b.out(0x20, 0xC6);  // level 7 is now highest
  b.pulse(7);
  REQUIRE(b.pics.acknowledge() == 0x0F);
}

TEST_CASE("pic: automatic EOI sets no service bit and hands over to the next slave request",
          "[devices][pic]") {
  Board b;
  b.init(0x03);
  b.pulse(8);
  b.pulse(15);
  REQUIRE(b.pics.acknowledge() == 0x70);
  REQUIRE(b.isr() == 0);
  REQUIRE(b.isr(0xA0) == 0);
  REQUIRE(b.intr());
  REQUIRE(b.pics.acknowledge() == 0x77);
  REQUIRE_FALSE(b.intr());
}

TEST_CASE("pic: a mask hides a request without forgetting it", "[devices][pic]") {
  Board b;
  b.init();
  b.out(0x21, 0x10);
  b.pulse(4);
  REQUIRE_FALSE(b.intr());
  REQUIRE(b.irr() == 0x10);
  b.out(0x21, 0x00);
  REQUIRE(b.intr());
  b.out(0x21, 0x10);
  REQUIRE_FALSE(b.intr());
}

TEST_CASE("pic: agrees with a brute-force model under random lines and commands",
          "[devices][pic]") {
  const unsigned seed = GENERATE(range(1u, 41u));
  std::mt19937 random(seed);
  const auto below = [&](unsigned n) { return static_cast<int>(random() % n); };
  Board b;
  ModelPair model;
  const auto out = [&](int port, int value) {
    b.out(port, value);
    (port & 0x80 ? model.slave : model.master).write(port & 1, value);
    model.settle();
  };
  for (const int base : {0x20, 0xA0}) {
    out(base, 0x11);
    for (const int icw : {base == 0x20 ? 8 : 0x70, base == 0x20 ? 4 : 2, 1}) out(base + 1, icw);
  }
  for (int i = 0; i < 4000; ++i) {
    const int base = below(2) ? 0x20 : 0xA0;
    const int what = below(32);
    if (what < 12) {
      int irq = below(16);
      if (irq == 2) irq = 10;
      const bool level = below(2);
      b.pics.input(static_cast<unsigned>(irq)).set(level);
      (irq < 8 ? model.master : model.slave).set_line(irq & 7, level);
      model.settle();
    } else if (what < 18) {
      REQUIRE(b.pics.acknowledge() == model.acknowledge());
      model.settle();
    } else if (what < 24) {
      out(base, below(16) == 0 ? below(256) : below(2) ? 0x20 : below(8) << 5 | below(8));
    } else if (what < 26) {
      out(base, 0x08 | (below(128) & 0x67));
    } else if (what == 26) {
      out(base + 1, below(256) & below(256));
    } else if (what == 27 && below(8) == 0) {
      out(base, 0x11 | (below(256) & 0xEA));
      for (int n = 0; n < 3; ++n) out(base + 1, n == 1 ? 4 : below(256));
    } else {
      const int port = base + below(2);
      ModelPic& chip = base == 0x20 ? model.master : model.slave;
      const bool polled = chip.poll && chip.best() >= 0;
      REQUIRE(b.in(port) == chip.read(port & 1));
      if (polled && base == 0xA0) model.slave_pulse();
      model.settle();
    }
    REQUIRE(b.intr() == model.master.intr());
    REQUIRE(b.pics.slave().requests() == model.slave.bits(false));
    REQUIRE(b.pics.master().in_service() == model.master.bits(true));
  }
}

TEST_CASE("pic: state survives save and load", "[devices][pic]") {
  Board b;
  b.init();
  b.pulse(1);
  b.pics.acknowledge();
  b.pulse(13);
  Archive saver = Archive::saver();
  b.pics.serialize(saver);
  Board c;
  Archive loader = Archive::loader(saver.saved());
  c.pics.serialize(loader);
  REQUIRE(loader.at_end());
  REQUIRE(c.isr() == 0x02);
  c.out(0x20, 0x20);
  REQUIRE(c.intr());
  REQUIRE(c.pics.acknowledge() == 0x75);
}
