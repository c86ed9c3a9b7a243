#include "ui/damage.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace ui {

namespace {

constexpr int kTile = 32;  // pixels
// More rectangles than this cost more, each by itself, than the pixels between them.
constexpr std::size_t kMostRects = 40;

std::uint64_t mixed(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9E3779B97F4A7C15ULL;
  return hash ^ hash >> 29;
}

std::uint64_t pair(std::int64_t a, std::int64_t b) {
  return static_cast<std::uint64_t>(a) << 32 ^ (static_cast<std::uint64_t>(b) & 0xFFFFFFFF);
}

std::uint64_t mixed(std::uint64_t hash, const SDL_Rect& rect) {
  return mixed(mixed(hash, pair(rect.x, rect.y)), pair(rect.w, rect.h));
}

std::uint64_t bits_of(const ImVec2& point) {
  std::uint64_t bits = 0;
  static_assert(sizeof(point) == sizeof(bits));
  std::memcpy(&bits, &point, sizeof(bits));
  return bits;
}

bool empty(const SDL_Rect& rect) {
  return rect.w <= 0 || rect.h <= 0;
}

SDL_Rect common(const SDL_Rect& a, const SDL_Rect& b) {
  const int x = std::max(a.x, b.x);
  const int y = std::max(a.y, b.y);
  return {x, y, std::min(a.x + a.w, b.x + b.w) - x, std::min(a.y + a.h, b.y + b.h) - y};
}

bool equal(const SDL_Rect& a, const SDL_Rect& b) {
  return SDL_RectEquals(&a, &b) == SDL_TRUE;
}

SDL_Rect around(const SDL_Rect& a, const SDL_Rect& b) {
  const int x = std::min(a.x, b.x);
  const int y = std::min(a.y, b.y);
  return {x, y, std::max(a.x + a.w, b.x + b.w) - x, std::max(a.y + a.h, b.y + b.h) - y};
}

SDL_Rect bounds_of(std::span<const DrawUnit> units) {
  constexpr int far = std::numeric_limits<int>::max();
  int x0 = far;
  int y0 = far;
  int x1 = -far;
  int y1 = -far;
  for (const DrawUnit& unit : units) {
    x0 = std::min(x0, unit.bounds.x);
    y0 = std::min(y0, unit.bounds.y);
    x1 = std::max(x1, unit.bounds.x + unit.bounds.w);
    y1 = std::max(y1, unit.bounds.y + unit.bounds.h);
  }
  return {x0, y0, x1 - x0, y1 - y0};
}

struct Box {
  ImVec2 from, to;
};

template <class Point>
Box box_of(std::uint32_t count, Point point) {
  Box box{point(0), point(0)};
  for (std::uint32_t i = 1; i < count; ++i) {
    const ImVec2 p = point(i);
    box.from = {std::min(box.from.x, p.x), std::min(box.from.y, p.y)};
    box.to = {std::max(box.to.x, p.x), std::max(box.to.y, p.y)};
  }
  return box;
}

}  // namespace

SDL_Rect TextureContent::update(int width, int height, std::span<const std::uint32_t> pixels) {
  const bool other = width != width_ || height != height_;
  if (other) {
    width_ = width;
    height_ = height;
    columns_ = (width + kBlock - 1) / kBlock;
    pixels_.assign(pixels.begin(), pixels.end());
    blocks_.assign(static_cast<std::size_t>(columns_) *
                       static_cast<std::size_t>((height + kBlock - 1) / kBlock),
                   0);
  }
  const auto w = static_cast<std::size_t>(width);
  int first = height;
  int end = 0;
  for (int top = 0; top < height; top += kBlock) {
    const int bottom = std::min(top + kBlock, height);
    const std::size_t from = static_cast<std::size_t>(top) * w;
    const std::size_t count = static_cast<std::size_t>(bottom - top) * w;
    if (!other) {
      if (std::memcmp(&pixels_[from], &pixels[from], count * sizeof(pixels[0])) == 0) continue;
      std::memcpy(&pixels_[from], &pixels[from], count * sizeof(pixels[0]));
    }
    first = std::min(first, top);
    end = bottom;
    const auto row = static_cast<std::size_t>(top / kBlock) * static_cast<std::size_t>(columns_);
    for (int column = 0; column < columns_; ++column) {
      const std::size_t left = static_cast<std::size_t>(column) * kBlock;
      const std::size_t right = std::min(left + kBlock, w);
      std::uint64_t hash = 0;
      for (int y = top; y < bottom; ++y) {
        const std::uint32_t* line = &pixels_[static_cast<std::size_t>(y) * w];
        std::size_t x = left;
        for (; x + 1 < right; x += 2) hash = mixed(hash, pair(line[x], line[x + 1]));
        if (x < right) hash = mixed(hash, line[x]);
      }
      blocks_[row + static_cast<std::size_t>(column)] = hash;
    }
  }
  return {0, first, width, std::max(end - first, 0)};
}

std::uint64_t TextureContent::hash(const SDL_Rect& part) const {
  const SDL_Rect inside = common(part, {0, 0, width_, height_});
  std::uint64_t hash = pair(width_, height_);
  if (empty(inside)) return hash;
  for (int y = inside.y / kBlock; y <= (inside.y + inside.h - 1) / kBlock; ++y) {
    for (int x = inside.x / kBlock; x <= (inside.x + inside.w - 1) / kBlock; ++x) {
      hash = mixed(hash, blocks_[static_cast<std::size_t>(y * columns_ + x)]);
    }
  }
  return hash;
}

Damage::Tiles Damage::tiles_of(const SDL_Rect& rect) const {
  const SDL_Rect inside = common(rect, {0, 0, width_, height_});
  if (empty(inside)) return {0, 0, 0, 0};
  return {inside.x / kTile, inside.y / kTile, (inside.x + inside.w - 1) / kTile + 1,
          (inside.y + inside.h - 1) / kTile + 1};
}

SDL_Rect Damage::pixels_of(const Tiles& tiles) const {
  return common({tiles.x0 * kTile, tiles.y0 * kTile, (tiles.x1 - tiles.x0) * kTile,
                 (tiles.y1 - tiles.y0) * kTile},
                {0, 0, width_, height_});
}

void Damage::collect(const ImDrawData& data) {
  step_count_ = 0;
  for (int n = 0; n < data.CmdListsCount; ++n) {
    const ImDrawList& list = *data.CmdLists[n];
    for (const ImDrawCmd& command : list.CmdBuffer) {
      if (command.UserCallback != nullptr || command.ElemCount == 0) continue;
      const SDL_Rect clip = {static_cast<int>(command.ClipRect.x - data.DisplayPos.x),
                             static_cast<int>(command.ClipRect.y - data.DisplayPos.y),
                             static_cast<int>(command.ClipRect.z - command.ClipRect.x),
                             static_cast<int>(command.ClipRect.w - command.ClipRect.y)};
      if (empty(clip)) continue;
      if (step_count_ == steps_.size()) steps_.emplace_back();
      DrawStep& step = steps_[step_count_];
      step.list = &list;
      step.command = &command;
      step.clip = clip;
      step.units.clear();
      const ImDrawIdx* index = list.IdxBuffer.Data + command.IdxOffset;
      for (std::uint32_t i = 0; i + 2 < command.ElemCount;) {
        const bool two =
            i + 5 < command.ElemCount && index[i + 3] == index[i] && index[i + 4] == index[i + 2];
        const std::uint32_t count = two ? 6 : 3;
        add_unit(step, i, count);
        i += count;
      }
      if (step.units.empty()) continue;
      step.bounds = bounds_of(step.units);
      ++step_count_;
    }
  }
}

void Damage::look_for_solid(const DrawStep& step, DrawUnit& unit) {
  constexpr std::int64_t least = 1024;  // pixels; smaller ones are as well drawn with the others
  if (unit.index_count != 6 || std::int64_t{unit.bounds.w} * unit.bounds.h < least) return;
  const ImDrawVert* vertices = step.list->VtxBuffer.Data + step.command->VtxOffset;
  const ImDrawIdx* index = step.list->IdxBuffer.Data + step.command->IdxOffset + unit.first_index;
  const ImDrawVert& a = vertices[index[0]];
  const ImDrawVert& c = vertices[index[2]];
  const ImVec2 white = ImGui::GetIO().Fonts->TexUvWhitePixel;
  for (const int corner : {0, 1, 2, 5}) {
    const ImDrawVert& vertex = vertices[index[corner]];
    if (vertex.col != a.col || vertex.uv.x != white.x || vertex.uv.y != white.y) return;
  }
  // From corner to corner, by the sides.
  const ImDrawVert& b = vertices[index[1]];
  const ImDrawVert& d = vertices[index[5]];
  const bool upright =
      (b.pos.x == c.pos.x && b.pos.y == a.pos.y && d.pos.x == a.pos.x && d.pos.y == c.pos.y) ||
      (b.pos.x == a.pos.x && b.pos.y == c.pos.y && d.pos.x == c.pos.x && d.pos.y == a.pos.y);
  if (!upright || a.col >> IM_COL32_A_SHIFT != 255) return;
  const float x = std::min(a.pos.x, c.pos.x);
  const float y = std::min(a.pos.y, c.pos.y);
  const float w = std::max(a.pos.x, c.pos.x) - x;
  const float h = std::max(a.pos.y, c.pos.y) - y;
  for (const float number : {x, y, w, h}) {
    constexpr float far = 1 << 20;
    if (number != std::floor(number) || std::abs(number) > far) return;
  }
  unit.solid = true;
  unit.area = {static_cast<int>(x), static_cast<int>(y), static_cast<int>(w), static_cast<int>(h)};
  unit.colour = a.col;
}

std::optional<Damage::Place> Damage::ground_of(const SDL_Rect& part) const {
  const auto inside = [&](const SDL_Rect& other) { return equal(common(other, part), part); };
  for (std::size_t s = step_count_; s-- > 0;) {
    const DrawStep& step = steps_[s];
    if (!inside(step.clip) || !inside(step.bounds)) continue;
    for (std::size_t u = step.units.size(); u-- > 0;) {
      if (step.units[u].solid && inside(step.units[u].area)) return Place{s, u};
    }
  }
  return std::nullopt;
}

void Damage::add_unit(DrawStep& step, std::uint32_t first, std::uint32_t count) {
  const ImDrawVert* vertices = step.list->VtxBuffer.Data + step.command->VtxOffset;
  const ImDrawIdx* index = step.list->IdxBuffer.Data + step.command->IdxOffset + first;
  const Box box = box_of(count, [&](std::uint32_t i) { return vertices[index[i]].pos; });
  // A pixel more on each side: renderers round in ways of their own.
  constexpr float far = 1 << 20;
  const auto whole = [=](float at) { return static_cast<int>(std::clamp(at, -far, far)); };
  const int x = whole(std::floor(box.from.x)) - 1;
  const int y = whole(std::floor(box.from.y)) - 1;
  DrawUnit unit;
  unit.bounds = common(
      {x, y, whole(std::ceil(box.to.x)) + 1 - x, whole(std::ceil(box.to.y)) + 1 - y}, step.clip);
  if (empty(unit.bounds)) return;
  unit.first_index = first;
  unit.index_count = count;
  look_for_solid(step, unit);
  step.units.push_back(unit);
}

void Damage::hash_unit(const DrawStep& step, const DrawUnit& unit) {
  const ImDrawVert* vertices = step.list->VtxBuffer.Data + step.command->VtxOffset;
  const ImDrawIdx* index = step.list->IdxBuffer.Data + step.command->IdxOffset + unit.first_index;
  auto* texture = static_cast<SDL_Texture*>(step.command->TextureId);
  std::uint64_t hash = mixed(reinterpret_cast<std::uintptr_t>(texture), step.clip);
  for (std::uint32_t i = 0; i < unit.index_count; ++i) {
    if (i == 3 || i == 4) continue;  // corners that were there
    const ImDrawVert& vertex = vertices[index[i]];
    hash = mixed(mixed(mixed(hash, bits_of(vertex.pos)), bits_of(vertex.uv)), vertex.col);
  }
  const Tiles tiles = tiles_of(unit.bounds);
  const auto each = [&](auto value) {
    for (int y = tiles.y0; y < tiles.y1; ++y) {
      for (int x = tiles.x0; x < tiles.x1; ++x) {
        std::uint64_t& tile = now_[static_cast<std::size_t>(y * columns_ + x)];
        tile = mixed(tile, value(x, y));
      }
    }
  };
  const Box uv = box_of(unit.index_count, [&](std::uint32_t i) { return vertices[index[i]].uv; });
  const bool plain = uv.from.x >= uv.to.x || uv.from.y >= uv.to.y;
  if (plain || texture == nullptr) {
    each([&](int, int) { return hash; });
    return;
  }
  int w = 0;
  int h = 0;
  SDL_QueryTexture(texture, nullptr, nullptr, &w, &h);
  const Box at = box_of(unit.index_count, [&](std::uint32_t i) { return vertices[index[i]].pos; });
  const auto same = [](float a, float b) { return std::abs(a - b) < 0.01F; };
  const bool stretched =
      !same((uv.to.x - uv.from.x) * static_cast<float>(w), at.to.x - at.from.x) ||
      !same((uv.to.y - uv.from.y) * static_cast<float>(h), at.to.y - at.from.y);
  if (stretched) stretched_.push_back(unit.bounds);
  const auto* content = static_cast<const TextureContent*>(SDL_GetTextureUserData(texture));
  if (content == nullptr) {
    each([&](int, int) { return hash; });
  } else if (stretched) {
    hash = mixed(hash, content->hash({0, 0, w, h}));
    each([&](int, int) { return hash; });
  } else {
    // The texture's pixel at the window's origin; one more on each side, as for the bounds.
    const int dx = static_cast<int>(std::lround(uv.from.x * static_cast<float>(w) - at.from.x));
    const int dy = static_cast<int>(std::lround(uv.from.y * static_cast<float>(h) - at.from.y));
    each([&](int x, int y) {
      return mixed(hash,
                   content->hash({x * kTile + dx - 1, y * kTile + dy - 1, kTile + 2, kTile + 2}));
    });
  }
}

bool Damage::any_dirty(const Tiles& tiles) const {
  for (int y = tiles.y0; y < tiles.y1; ++y) {
    for (int x = tiles.x0; x < tiles.x1; ++x) {
      if (dirty_[static_cast<std::size_t>(y * columns_ + x)] != 0) return true;
    }
  }
  return false;
}

void Damage::set_tiles(const Tiles& tiles, std::uint8_t value) {
  for (int y = tiles.y0; y < tiles.y1; ++y) {
    const auto first = static_cast<std::size_t>(y * columns_ + tiles.x0);
    std::fill_n(&dirty_[first], tiles.x1 - tiles.x0, value);
  }
}

// Stretched pictures that are touched: each in one rectangle, with all that it reaches.
void Damage::take_boxes() {
  std::vector<SDL_Rect> boxes;
  for (bool again = true; again;) {
    again = false;
    for (const SDL_Rect& picture : stretched_) {
      const Tiles tiles = tiles_of(picture);
      SDL_Rect box = pixels_of(tiles);
      if (empty(box) || !any_dirty(tiles)) continue;
      if (std::ranges::any_of(boxes, [&](const SDL_Rect& b) { return equal(around(b, box), b); })) {
        continue;
      }
      const auto meets = [&](const SDL_Rect& other) { return !empty(common(other, box)); };
      for (auto met = std::ranges::find_if(boxes, meets); met != boxes.end();
           met = std::ranges::find_if(boxes, meets)) {
        box = around(box, *met);
        boxes.erase(met);
      }
      boxes.push_back(box);
      set_tiles(tiles_of(box), 1);
      again = true;
    }
  }
  for (const SDL_Rect& box : boxes) set_tiles(tiles_of(box), 0);
  rects_.insert(rects_.end(), boxes.begin(), boxes.end());
}

// The rest: runs of tiles in a row, with the rows below that have the same.
void Damage::take_runs() {
  std::vector<Tiles> open;
  std::vector<Tiles> next;
  const auto close = [&](const Tiles& tiles) { rects_.push_back(pixels_of(tiles)); };
  for (int y = 0; y < rows_; ++y) {
    next.clear();
    for (int x = 0; x < columns_; ++x) {
      const auto dirty = [&](int at) {
        return dirty_[static_cast<std::size_t>(y * columns_ + at)] != 0;
      };
      if (!dirty(x)) continue;
      const int from = x;
      while (x < columns_ && dirty(x)) ++x;
      const auto above = std::ranges::find_if(
          open, [&](const Tiles& tiles) { return tiles.x0 == from && tiles.x1 == x; });
      if (above == open.end()) {
        next.push_back({from, y, x, y + 1});
      } else {
        next.push_back({from, above->y0, x, y + 1});
        open.erase(above);
      }
    }
    std::ranges::for_each(open, close);
    std::swap(open, next);
  }
  std::ranges::for_each(open, close);
}

// Fills gaps of up to so many tiles in a row and in a column.
void Damage::fill_gaps(int most) {
  const auto line = [&](int from, int step, int count) {
    int last = -1;
    for (int i = 0; i < count; ++i) {
      if (dirty_[static_cast<std::size_t>(from + i * step)] == 0) continue;
      if (last >= 0 && i - last - 1 <= most) {
        for (int gap = last + 1; gap < i; ++gap)
          dirty_[static_cast<std::size_t>(from + gap * step)] = 1;
      }
      last = i;
    }
  };
  for (int y = 0; y < rows_; ++y) line(y * columns_, 1, columns_);
  for (int x = 0; x < columns_; ++x) line(x, columns_, rows_);
}

const std::vector<SDL_Rect>& Damage::compare(const ImDrawData& data, int width, int height,
                                             std::uint32_t ground) {
  const bool all = tiles_.empty() || width != width_ || height != height_;
  width_ = width;
  height_ = height;
  columns_ = (width + kTile - 1) / kTile;
  rows_ = (height + kTile - 1) / kTile;
  const std::size_t count = static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows_);
  collect(data);
  stretched_.clear();
  now_.assign(count, mixed(0, ground));
  for (const DrawStep& step : steps()) {
    for (const DrawUnit& unit : step.units) hash_unit(step, unit);
  }
  rects_.clear();
  if (all) {
    rects_.push_back({0, 0, width, height});
  } else {
    dirty_.resize(count);
    for (std::size_t i = 0; i < count; ++i) dirty_[i] = now_[i] != tiles_[i] ? 1 : 0;
    for (int gap = 1;; gap *= 2) {
      rects_.clear();
      take_runs();
      if (rects_.size() <= kMostRects || gap > std::max(columns_, rows_)) break;
      fill_gaps(gap);
    }
    rects_.clear();
    take_boxes();
    take_runs();
  }
  std::swap(tiles_, now_);
  return rects_;
}

}  // namespace ui
