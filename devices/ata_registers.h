// Registers of an ATA device as the host sees them: offsets, bits, and the codes that go into them.
//
// [ATA-4]  T13/1153D rev 18, AT Attachment with Packet Interface Extension - 4
#pragma once

#include <cstdint>

namespace devices::ata {

// Offsets from the command block's base, 1F0h or 170h, [ATA-4] 7.2.
inline constexpr std::uint16_t kData = 0;
inline constexpr std::uint16_t kErrorFeatures = 1;  // read error, write features
inline constexpr std::uint16_t kCount = 2;
inline constexpr std::uint16_t kSector = 3;        // LBA 7-0
inline constexpr std::uint16_t kCylinderLow = 4;   // LBA 15-8
inline constexpr std::uint16_t kCylinderHigh = 5;  // LBA 23-16
inline constexpr std::uint16_t kDevice = 6;
inline constexpr std::uint16_t kStatusCommand = 7;

// Status, [ATA-4] 7.15. IDX (02h) is obsolete and stays 0.
inline constexpr std::uint8_t kStatusErr = 0x01;
inline constexpr std::uint8_t kStatusDrq = 0x08;
inline constexpr std::uint8_t kStatusDsc = 0x10;  // seek complete
inline constexpr std::uint8_t kStatusDf = 0x20;   // device fault
inline constexpr std::uint8_t kStatusDrdy = 0x40;
inline constexpr std::uint8_t kStatusBsy = 0x80;

// Error, [ATA-4] 7.9.
inline constexpr std::uint8_t kErrorAbrt = 0x04;
inline constexpr std::uint8_t kErrorIdnf = 0x10;
inline constexpr std::uint8_t kErrorUnc = 0x40;
inline constexpr std::uint8_t kDiagnosticPassed =
    0x01;  // after a reset or EXECUTE DIAGNOSTIC, 9.10

// Device, [ATA-4] 7.7. Bits 7 and 5 are obsolete: drives of the time returned ones.
inline constexpr std::uint8_t kDeviceHead = 0x0F;
inline constexpr std::uint8_t kDeviceDev = 0x10;
inline constexpr std::uint8_t kDeviceLba = 0x40;
inline constexpr std::uint8_t kDeviceObsolete = 0xA0;

// Device control, [ATA-4] 7.8.
inline constexpr std::uint8_t kControlNien = 0x02;
inline constexpr std::uint8_t kControlSrst = 0x04;

// Commands that are more than a row of the table in ata_commands.cpp.
inline constexpr std::uint8_t kWriteVerify = 0x3C;
inline constexpr std::uint8_t kExecuteDiagnostic = 0x90;
inline constexpr std::uint8_t kReadNativeMax = 0xF8;

// SET FEATURES subcommands, [ATA-4] 8.37, table 28.
inline constexpr std::uint8_t kEnableWriteCache = 0x02;
inline constexpr std::uint8_t kSetTransferMode = 0x03;
inline constexpr std::uint8_t kDisableLookAhead = 0x55;
inline constexpr std::uint8_t kDisableRevert = 0x66;  // of settings by a software reset
inline constexpr std::uint8_t kDisableWriteCache = 0x82;
inline constexpr std::uint8_t kEnableLookAhead = 0xAA;
inline constexpr std::uint8_t kEnableRevert = 0xCC;

// CHECK POWER MODE's answer in the count register, [ATA-4] 8.6.
inline constexpr std::uint8_t kPowerStandby = 0x00;
inline constexpr std::uint8_t kPowerIdle = 0x80;
inline constexpr std::uint8_t kPowerActive = 0xFF;

}  // namespace devices::ata
