// Base of a test board: ports taking plain integers, as a guest's IN and OUT do.
#pragma once

#include <cstdint>

#include "devices/io_ports.h"

struct PortRig {
  void out(int port, int value) {
    ports.out8(static_cast<std::uint16_t>(port), static_cast<std::uint8_t>(value));
  }
  int in(int port) { return ports.in8(static_cast<std::uint16_t>(port)); }

  devices::IoPorts ports;
};
