#include "devices/io_ports.h"

#include <stdexcept>
#include <utility>

namespace devices {

namespace {
constexpr std::uint16_t next(std::uint16_t port, unsigned distance) {
  return static_cast<std::uint16_t>(port + distance);
}
}  // namespace

std::uint16_t PortDevice::in16(std::uint16_t port) {
  const std::uint8_t low = in8(port);
  return static_cast<std::uint16_t>(low | in8(next(port, 1)) << 8);
}

void PortDevice::out16(std::uint16_t port, std::uint16_t value) {
  out8(port, static_cast<std::uint8_t>(value));
  out8(next(port, 1), static_cast<std::uint8_t>(value >> 8));
}

std::uint32_t PortDevice::in32(std::uint16_t port) {
  const std::uint32_t low = in16(port);
  return low | static_cast<std::uint32_t>(in16(next(port, 2))) << 16;
}

void PortDevice::out32(std::uint16_t port, std::uint32_t value) {
  out16(port, static_cast<std::uint16_t>(value));
  out16(next(port, 2), static_cast<std::uint16_t>(value >> 16));
}

std::size_t PortDevice::in_words(std::uint16_t, std::span<std::uint8_t>) {
  return 0;
}
std::size_t PortDevice::out_words(std::uint16_t, std::span<const std::uint8_t>) {
  return 0;
}

IoPorts::IoPorts() : claims_(1), owner_(kPortCount, 0) {}

void IoPorts::claim(PortDevice& device, std::string name, std::uint16_t first, std::uint16_t last,
                    PortWidth width) {
  for (std::size_t port = first; port <= last; ++port) {
    if (owner_[port] != 0) {
      throw std::logic_error("port " + std::to_string(port) + " claimed by " + name + " and " +
                             claims_[owner_[port]].name);
    }
  }
  if (claims_.size() > 0xFF) throw std::logic_error("too many port claims");
  const auto index = static_cast<std::uint8_t>(claims_.size());
  claims_.push_back({&device, std::move(name), width});
  for (std::size_t port = first; port <= last; ++port) owner_[port] = index;
}

void IoPorts::release(std::uint16_t first, std::uint16_t last) {
  for (std::size_t port = first; port <= last; ++port) owner_[port] = 0;
}

std::uint16_t IoPorts::in16(std::uint16_t port) {
  const Claim& claim = claims_[owner_[port]];
  if (claim.width != PortWidth::byte) return claim.device->in16(port);
  const std::uint8_t low = in8(port);
  return static_cast<std::uint16_t>(low | in8(next(port, 1)) << 8);
}

void IoPorts::out16(std::uint16_t port, std::uint16_t value) {
  const Claim& claim = claims_[owner_[port]];
  if (claim.width != PortWidth::byte) return claim.device->out16(port, value);
  out8(port, static_cast<std::uint8_t>(value));
  out8(next(port, 1), static_cast<std::uint8_t>(value >> 8));
}

std::uint32_t IoPorts::in32(std::uint16_t port) {
  const Claim& claim = claims_[owner_[port]];
  if (claim.width == PortWidth::dword) return claim.device->in32(port);
  const std::uint32_t low = in16(port);
  return low | static_cast<std::uint32_t>(in16(next(port, 2))) << 16;
}

void IoPorts::out32(std::uint16_t port, std::uint32_t value) {
  const Claim& claim = claims_[owner_[port]];
  if (claim.width == PortWidth::dword) return claim.device->out32(port, value);
  out16(port, static_cast<std::uint16_t>(value));
  out16(next(port, 2), static_cast<std::uint16_t>(value >> 16));
}

std::size_t IoPorts::in_words(std::uint16_t port, std::span<std::uint8_t> bytes) {
  const Claim& claim = claims_[owner_[port]];
  return claim.width != PortWidth::byte ? claim.device->in_words(port, bytes) : 0;
}

std::size_t IoPorts::out_words(std::uint16_t port, std::span<const std::uint8_t> bytes) {
  const Claim& claim = claims_[owner_[port]];
  return claim.width != PortWidth::byte ? claim.device->out_words(port, bytes) : 0;
}

}  // namespace devices
