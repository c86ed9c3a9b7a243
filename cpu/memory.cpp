#include "cpu/memory.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

namespace cpu {

namespace {

constexpr std::uint32_t kHoleFirst = 0xA0000;  // video memory, adapters' ROMs, BIOS
constexpr std::uint32_t kHoleEnd = 0x100000;
constexpr std::uint8_t kOpenBus = 0xFF;

// Calls part(address, offset, size) for each piece of [address, address + total) that lies in one
// page.
template <class Part>
void for_each_page(std::uint32_t address, std::size_t total, Part&& part) {
  for (std::size_t offset = 0; offset < total;) {
    const std::uint32_t here = address + static_cast<std::uint32_t>(offset);
    const std::size_t size = std::min<std::size_t>(total - offset, kPageSize - here % kPageSize);
    part(here, offset, size);
    offset += size;
  }
}

}  // namespace

Memory::Memory(std::uint32_t ram_bytes) : ram_(ram_bytes) {
  assert(ram_bytes % kPageSize == 0);
  for (std::uint32_t address = 0; address < ram_bytes; address += kPageSize) {
    if (address >= kHoleFirst && address < kHoleEnd) continue;
    Page& ram_page = page(address);
    ram_page.data = ram_.data() + address;
    ram_page.writable = true;
  }
}

Memory::~Memory() = default;

std::uint32_t Memory::ram_size() const {
  return static_cast<std::uint32_t>(ram_.size());
}

const Page* Memory::find(std::uint32_t address) const {
  const auto& chunk = chunks_[address / (kPageSize * kPagesPerChunk)];
  return chunk ? &(*chunk)[address / kPageSize % kPagesPerChunk] : nullptr;
}

Page& Memory::page(std::uint32_t address) {
  auto& chunk = chunks_[address / (kPageSize * kPagesPerChunk)];
  if (!chunk) chunk = std::make_unique<Chunk>();
  return (*chunk)[address / kPageSize % kPagesPerChunk];
}

Page& Memory::clear_page(std::uint32_t address) {
  Page& target = page(address);
  if (target.code_lines != 0 && observer_ != nullptr) observer_->code_written(address, kPageSize);
  target = Page{};
  return target;
}

void Memory::tell_observer() {
  if (observer_ != nullptr) observer_->mapping_changed();
}

void Memory::map_copy(std::uint32_t first, std::span<const std::uint8_t> image, bool writable) {
  assert(first % kPageSize == 0 && image.size() % kPageSize == 0);
  for_each_page(first, image.size(),
                [&](std::uint32_t address, std::size_t offset, std::size_t size) {
                  Page& target = clear_page(address);
                  target.own = std::make_unique<std::array<std::uint8_t, kPageSize>>();
                  std::memcpy(target.own->data(), image.data() + offset, size);
                  target.data = target.own->data();
                  target.writable = writable;
                });
  tell_observer();
}

void Memory::map_rom(std::uint32_t first, std::span<const std::uint8_t> image) {
  map_copy(first, image, false);
}

void Memory::map_shadow(std::uint32_t first, std::span<const std::uint8_t> image) {
  map_copy(first, image, true);
}

void Memory::map_mmio(std::uint32_t first, std::uint32_t size, MmioDevice& device) {
  assert(first % kPageSize == 0 && size % kPageSize == 0);
  for_each_page(first, size, [&](std::uint32_t address, std::size_t, std::size_t) {
    clear_page(address).device = &device;
  });
  tell_observer();
}

void Memory::map_direct(std::uint32_t first, std::span<std::uint8_t> bytes) {
  assert(first % kPageSize == 0 && bytes.size() % kPageSize == 0);
  for_each_page(first, bytes.size(), [&](std::uint32_t address, std::size_t offset, std::size_t) {
    Page& target = clear_page(address);
    target.data = bytes.data() + offset;
    target.writable = true;
  });
  tell_observer();
}

void Memory::load_ram(std::span<const std::uint8_t> bytes) {
  assert(bytes.size() == ram_.size());
  for_each_page(0, ram_.size(), [&](std::uint32_t address, std::size_t, std::size_t size) {
    // Code of pages that stay as they are stays decoded.
    if (std::memcmp(ram_.data() + address, bytes.data() + address, size) == 0) return;
    Page& target = page(address);
    if (target.data == ram_.data() + address) {  // not hidden behind something else
      if (target.code_lines != 0 && observer_ != nullptr) {
        observer_->code_written(address, static_cast<std::uint32_t>(size));
      }
      target.written = true;
    }
    std::memcpy(ram_.data() + address, bytes.data() + address, size);
  });
}

bool Memory::take_written(std::uint32_t first, std::uint32_t size) {
  bool written = false;
  for_each_page(first, size, [&](std::uint32_t address, std::size_t, std::size_t) {
    written = std::exchange(page(address).written, false) || written;
  });
  if (written && observer_ != nullptr) observer_->stores_revoked();
  return written;
}

void Memory::unmap(std::uint32_t first, std::uint32_t size) {
  assert(first % kPageSize == 0 && size % kPageSize == 0);
  for_each_page(first, size,
                [&](std::uint32_t address, std::size_t, std::size_t) { clear_page(address); });
  tell_observer();
}

void Memory::set_a20(bool enabled) {
  if (a20_ == enabled) return;
  a20_ = enabled;
  tell_observer();
}

void Memory::read_physical(std::uint32_t address, std::span<std::uint8_t> bytes) {
  for_each_page(address, bytes.size(),
                [&](std::uint32_t here, std::size_t offset, std::size_t size) {
                  const Page* source = find(here);
                  std::uint8_t* out = bytes.data() + offset;
                  if (source != nullptr && source->data != nullptr) {
                    std::memcpy(out, source->data + here % kPageSize, size);
                  } else if (source != nullptr && source->device != nullptr) {
                    MmioDevice& device = *source->device;
                    for (std::uint32_t i = 0; i < size; ++i) out[i] = device.read8(here + i);
                  } else {
                    std::memset(out, kOpenBus, size);
                  }
                });
}

void Memory::write_physical(std::uint32_t address, std::span<const std::uint8_t> bytes) {
  for_each_page(address, bytes.size(),
                [&](std::uint32_t here, std::size_t offset, std::size_t size) {
                  if (find(here) == nullptr) return;
                  Page* target = &page(here);
                  const std::uint8_t* in = bytes.data() + offset;
                  const auto length = static_cast<std::uint32_t>(size);
                  if (target->data != nullptr) {
                    if (!target->writable) return;
                    if ((target->code_lines & line_mask(here, length)) != 0) {
                      observer_->code_written(here, length);
                    }
                    std::memcpy(target->data + here % kPageSize, in, size);
                    target->written = true;
                  } else if (target->device != nullptr) {
                    MmioDevice& device = *target->device;
                    for (std::uint32_t i = 0; i < length; ++i) device.write8(here + i, in[i]);
                  }
                });
}

void Memory::peek(std::uint32_t address, std::span<std::uint8_t> bytes) const {
  for_each_page(address, bytes.size(),
                [&](std::uint32_t here, std::size_t offset, std::size_t size) {
                  const Page* source = find(here);
                  std::uint8_t* out = bytes.data() + offset;
                  if (source != nullptr && source->data != nullptr) {
                    std::memcpy(out, source->data + here % kPageSize, size);
                  } else if (source != nullptr && source->device != nullptr) {
                    const MmioDevice& device = *source->device;
                    for (std::uint32_t i = 0; i < size; ++i) out[i] = device.peek8(here + i);
                  } else {
                    std::memset(out, kOpenBus, size);
                  }
                });
}

}  // namespace cpu
