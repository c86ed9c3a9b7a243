// The parts of the battery that live in files of their own.
#pragma once

#include "tests/storage/battery.h"

namespace support {

void run_faults_part(const BatteryRow& row);
void run_create_crash_part(const BatteryRow& row);
void run_crash_part(const BatteryRow& row);
void run_change_part(const BatteryRow& row);
void run_change_crash_part(const BatteryRow& row);
void run_change_faults_part(const BatteryRow& row);
void run_chain_part(const BatteryRow& row);
void run_chain_crash_part(const BatteryRow& row);
void run_chain_faults_part(const BatteryRow& row);

}  // namespace support
