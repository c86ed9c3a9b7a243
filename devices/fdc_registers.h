// Ports and bits of the floppy disk controller, for fdc*.cpp. [82077] sections 2 and 4, [765]
// status registers.
#pragma once

#include <cstdint>

namespace devices::fdc {

inline constexpr std::uint16_t kFirstPort = 0x3F0;
inline constexpr std::uint16_t kDigitalOutput = 0x3F2;
inline constexpr std::uint16_t kTapeDrive = 0x3F3;
inline constexpr std::uint16_t kMainStatus = 0x3F4;  // write: data rate select
inline constexpr std::uint16_t kData = 0x3F5;
inline constexpr std::uint16_t kDigitalInput = 0x3F7;  // write: configuration control

// Digital output register.
inline constexpr std::uint8_t kDorDriveMask = 0x03;
inline constexpr std::uint8_t kDorNotReset = 0x04;
inline constexpr std::uint8_t kDorGate = 0x08;  // lets DRQ and INT out
inline constexpr unsigned kDorMotorShift = 4;

// Main status register.
inline constexpr std::uint8_t kMsrRequest = 0x80;
inline constexpr std::uint8_t kMsrToHost = 0x40;
inline constexpr std::uint8_t kMsrNonDma = 0x20;
inline constexpr std::uint8_t kMsrBusy = 0x10;

// Data rate select register.
inline constexpr std::uint8_t kDsrReset = 0x80;

// Digital input register.
inline constexpr std::uint8_t kDirDiskChange = 0x80;

// Status register 0.
inline constexpr std::uint8_t kSt0Abnormal = 0x40;
inline constexpr std::uint8_t kSt0Invalid = 0x80;
inline constexpr std::uint8_t kSt0Polling = 0xC0;
inline constexpr std::uint8_t kSt0SeekEnd = 0x20;
inline constexpr std::uint8_t kSt0EquipmentCheck = 0x10;
// Status register 1.
inline constexpr std::uint8_t kSt1EndOfCylinder = 0x80;
inline constexpr std::uint8_t kSt1DataError = 0x20;
inline constexpr std::uint8_t kSt1Overrun = 0x10;
inline constexpr std::uint8_t kSt1NoData = 0x04;
inline constexpr std::uint8_t kSt1NotWritable = 0x02;
inline constexpr std::uint8_t kSt1MissingMark = 0x01;
// Status register 2.
inline constexpr std::uint8_t kSt2ControlMark = 0x40;
inline constexpr std::uint8_t kSt2DataError = 0x20;
inline constexpr std::uint8_t kSt2ScanHit = 0x08;
inline constexpr std::uint8_t kSt2ScanNotSatisfied = 0x04;
// Status register 3.
inline constexpr std::uint8_t kSt3WriteProtected = 0x40;
inline constexpr std::uint8_t kSt3Ready = 0x20;
inline constexpr std::uint8_t kSt3Track0 = 0x10;
inline constexpr std::uint8_t kSt3TwoSided = 0x08;

// CONFIGURE's second byte.
inline constexpr std::uint8_t kConfigFifoOff = 0x20;
inline constexpr std::uint8_t kConfigPollingOff = 0x10;
inline constexpr std::uint8_t kConfigThreshold = 0x0F;

}  // namespace devices::fdc
