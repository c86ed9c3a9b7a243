// What pictures and legends of the map agree about: which row of the legend a cell belongs to, and
// its colour.
#pragma once

#include <array>

#include "ui/map_picture.h"

namespace ui {

inline constexpr float kQuiet = 0.05F;
inline constexpr std::array<float, 7> kHeatSteps = {0.05F, 0.19F, 0.32F, 0.46F,
                                                    0.59F, 0.73F, 0.86F};
inline constexpr std::array<Colour, 6> kFileColours = {kMapFills.parent1, kMapFills.deeper,
                                                       kMapFills.parent0, kMapFills.linked,
                                                       kMapFills.top,     kMapFills.corrupt};

// How many legend rows are layers: the top one and each parent up to three, then one for the rest.
unsigned layer_rows(unsigned layers);
unsigned layer_row(unsigned layer, unsigned layers);
std::size_t state_row(storage::CellClass kind, unsigned layers);
Colour class_colour(storage::CellClass kind, const MapScene& scene);
// The class with most clusters, of all or of those in use.
storage::CellClass dominant(const storage::CellSum& sum, bool among_used);

}  // namespace ui
