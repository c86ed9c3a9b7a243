#include "ui/imgui_sdl.h"

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

namespace ui {

namespace {

// clang-format off
constexpr std::pair<ImGuiKey, SDL_Scancode> kKeyMap[] = {
    {ImGuiKey_Tab, SDL_SCANCODE_TAB}, {ImGuiKey_LeftArrow, SDL_SCANCODE_LEFT},
    {ImGuiKey_RightArrow, SDL_SCANCODE_RIGHT}, {ImGuiKey_UpArrow, SDL_SCANCODE_UP},
    {ImGuiKey_DownArrow, SDL_SCANCODE_DOWN}, {ImGuiKey_PageUp, SDL_SCANCODE_PAGEUP},
    {ImGuiKey_PageDown, SDL_SCANCODE_PAGEDOWN}, {ImGuiKey_Home, SDL_SCANCODE_HOME},
    {ImGuiKey_End, SDL_SCANCODE_END}, {ImGuiKey_Insert, SDL_SCANCODE_INSERT},
    {ImGuiKey_Delete, SDL_SCANCODE_DELETE}, {ImGuiKey_Backspace, SDL_SCANCODE_BACKSPACE},
    {ImGuiKey_Space, SDL_SCANCODE_SPACE}, {ImGuiKey_Enter, SDL_SCANCODE_RETURN},
    {ImGuiKey_Escape, SDL_SCANCODE_ESCAPE}, {ImGuiKey_KeyPadEnter, SDL_SCANCODE_KP_ENTER},
    {ImGuiKey_A, SDL_SCANCODE_A}, {ImGuiKey_C, SDL_SCANCODE_C}, {ImGuiKey_V, SDL_SCANCODE_V},
    {ImGuiKey_X, SDL_SCANCODE_X}, {ImGuiKey_Y, SDL_SCANCODE_Y}, {ImGuiKey_Z, SDL_SCANCODE_Z},
};
// clang-format on

const char* clipboard_text(void* holder) {
  // ImGui wants a pointer that outlives the call; the context's user data keeps the copy.
  auto& kept = *static_cast<std::string*>(holder);
  char* text = SDL_GetClipboardText();
  kept = text != nullptr ? text : "";
  SDL_free(text);
  return kept.c_str();
}

void set_clipboard_text(void*, const char* text) {
  SDL_SetClipboardText(text);
}

int button_index(std::uint8_t button) {
  switch (button) {
    case SDL_BUTTON_LEFT:
      return 0;
    case SDL_BUTTON_RIGHT:
      return 1;
    case SDL_BUTTON_MIDDLE:
      return 2;
    default:
      return -1;
  }
}

}  // namespace

ImGuiSdl::ImGuiSdl(SDL_Renderer* renderer) : renderer_(renderer), context_(ImGui::CreateContext()) {
  ImGui::SetCurrentContext(context_);
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
  io.ConfigWindowsMoveFromTitleBarOnly = true;
  for (const auto& [key, scancode] : kKeyMap) io.KeyMap[key] = scancode;
  io.UserData = new std::string;  // NOLINT: ImGui's C interface; deleted in the destructor
  io.ClipboardUserData = io.UserData;
  io.GetClipboardTextFn = clipboard_text;
  io.SetClipboardTextFn = set_clipboard_text;
}

ImGuiSdl::~ImGuiSdl() {
  ImGui::SetCurrentContext(context_);
  delete static_cast<std::string*>(ImGui::GetIO().UserData);
  ImGui::DestroyContext(context_);
}

void ImGuiSdl::event(const SDL_Event& event) {
  ImGui::SetCurrentContext(context_);
  ImGuiIO& io = ImGui::GetIO();
  switch (event.type) {
    case SDL_MOUSEMOTION:
      io.MousePos = {static_cast<float>(event.motion.x), static_cast<float>(event.motion.y)};
      break;
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP:
      io.MousePos = {static_cast<float>(event.button.x), static_cast<float>(event.button.y)};
      if (const int index = button_index(event.button.button); index >= 0) {
        const auto which = static_cast<std::size_t>(index);
        down_[which] = event.type == SDL_MOUSEBUTTONDOWN;
        pressed_[which] = pressed_[which] || down_[which];
      }
      break;
    case SDL_MOUSEWHEEL:
      io.MouseWheel += static_cast<float>(event.wheel.y);
      io.MouseWheelH += static_cast<float>(event.wheel.x);
      break;
    case SDL_TEXTINPUT:
      io.AddInputCharactersUTF8(event.text.text);
      break;
    case SDL_KEYDOWN:
    case SDL_KEYUP: {
      const auto scancode = static_cast<std::size_t>(event.key.keysym.scancode);
      if (scancode < std::size(io.KeysDown)) {
        const bool down = event.type == SDL_KEYDOWN;
        // A tap within one frame is a key all the same: it goes up after that frame.
        if (down) tapped_.push_back(scancode);
        const bool tap = std::ranges::find(tapped_, scancode) != tapped_.end();
        if (down || !tap) {
          io.KeysDown[scancode] = down;
        } else {
          released_.push_back(scancode);
        }
      }
      const SDL_Keymod mod = SDL_GetModState();
      io.KeyShift = (mod & KMOD_SHIFT) != 0;
      io.KeyCtrl = (mod & KMOD_LCTRL) != 0;  // the right one is the host key
      io.KeyAlt = (mod & KMOD_ALT) != 0;
      break;
    }
    case SDL_WINDOWEVENT:
      if (event.window.event == SDL_WINDOWEVENT_FOCUS_LOST) {
        std::fill(std::begin(io.KeysDown), std::end(io.KeysDown), false);
        io.KeyShift = io.KeyCtrl = io.KeyAlt = false;
      }
      if (event.window.event == SDL_WINDOWEVENT_LEAVE) io.MousePos = {-FLT_MAX, -FLT_MAX};
      break;
    default:
      break;
  }
}

void ImGuiSdl::upload_fonts() {
  ImGuiIO& io = ImGui::GetIO();
  unsigned char* pixels = nullptr;
  int width = 0;
  int height = 0;
  io.Fonts->GetTexDataAsRGBA32(&pixels, &width, &height);
  fonts_.reset(SDL_CreateTexture(renderer_, SDL_PIXELFORMAT_RGBA32, SDL_TEXTUREACCESS_STATIC, width,
                                 height));
  if (!fonts_) throw std::runtime_error(std::string("no font texture: ") + SDL_GetError());
  SDL_UpdateTexture(fonts_.get(), nullptr, pixels, width * 4);
  SDL_SetTextureBlendMode(fonts_.get(), SDL_BLENDMODE_BLEND);
  SDL_SetTextureScaleMode(fonts_.get(), SDL_ScaleModeLinear);
  io.Fonts->SetTexID(fonts_.get());
}

void ImGuiSdl::new_frame(float width, float height, float seconds) {
  ImGui::SetCurrentContext(context_);
  if (!fonts_) upload_fonts();
  ImGuiIO& io = ImGui::GetIO();
  io.DisplaySize = {width, height};
  io.DeltaTime = std::max(seconds, 0.0001F);
  for (std::size_t i = 0; i < down_.size(); ++i) {
    io.MouseDown[i] = down_[i] || std::exchange(pressed_[i], false);
  }
  ImGui::NewFrame();
  for (const std::size_t scancode : released_) io.KeysDown[scancode] = false;
  released_.clear();
  tapped_.clear();
}

void ImGuiSdl::forget_textures() {
  fonts_.reset();
  picture_.reset();
  width_ = height_ = 0;
  forget_picture();
}

bool ImGuiSdl::keep_picture(int width, int height) {
  if (width == width_ && height == height_) return picture_ != nullptr;
  width_ = width;
  height_ = height;
  forget_picture();
  picture_.reset();
  if (SDL_RenderTargetSupported(renderer_) == SDL_FALSE) return false;
  picture_.reset(SDL_CreateTexture(renderer_, SDL_PIXELFORMAT_ARGB8888, SDL_TEXTUREACCESS_TARGET,
                                   width, height));
  if (picture_) SDL_SetTextureBlendMode(picture_.get(), SDL_BLENDMODE_NONE);
  return picture_ != nullptr;
}

bool ImGuiSdl::render(std::uint32_t ground) {
  ImGui::SetCurrentContext(context_);
  ImGui::Render();
  ground_ = ground;
  return bring_up();
}

void ImGuiSdl::show_again() {
  if (!picture_) forget_picture();
  if (!bring_up()) show_picture();
}

bool ImGuiSdl::bring_up() {
  ImGui::SetCurrentContext(context_);
  const ImDrawData* data = ImGui::GetDrawData();
  if (data == nullptr) return false;
  int width = 0;
  int height = 0;
  SDL_GetRendererOutputSize(renderer_, &width, &height);
  width = std::clamp(static_cast<int>(data->DisplaySize.x), 1, std::max(width, 1));
  height = std::clamp(static_cast<int>(data->DisplaySize.y), 1, std::max(height, 1));
  const bool kept = keep_picture(width, height);
  if (!kept) forget_picture();
  const std::vector<SDL_Rect>& parts = damage_.compare(*data, width, height, ground_);
  if (parts.empty()) return false;
  SDL_Texture* const window = SDL_GetRenderTarget(renderer_);
  if (kept) SDL_SetRenderTarget(renderer_, picture_.get());
  for (const SDL_Rect& part : parts) draw(part);
  SDL_RenderSetClipRect(renderer_, nullptr);
  if (kept) {
    SDL_SetRenderTarget(renderer_, window);
    show_picture();
  }
  return true;
}

void ImGuiSdl::show_picture() {
  const SDL_Rect all = {0, 0, width_, height_};
  SDL_RenderCopy(renderer_, picture_.get(), &all, &all);
}

void ImGuiSdl::fill(const SDL_Rect& area, std::uint32_t colour) {
  SDL_SetRenderDrawColor(renderer_, static_cast<Uint8>(colour & 255),
                         static_cast<Uint8>(colour >> 8 & 255),
                         static_cast<Uint8>(colour >> 16 & 255), 255);
  SDL_RenderFillRect(renderer_, &area);
}

void ImGuiSdl::draw(const SDL_Rect& part) {
  // Opaque fills go as such: a software renderer would blend each of their pixels.
  SDL_SetRenderDrawBlendMode(renderer_, SDL_BLENDMODE_NONE);
  const std::optional<Damage::Place> ground = damage_.ground_of(part);
  if (!ground) {
    SDL_RenderSetClipRect(renderer_, &part);
    fill(part, ground_);
  }
  const std::span<const DrawStep> steps = damage_.steps();
  for (std::size_t s = ground ? ground->step : 0; s < steps.size(); ++s) {
    const DrawStep& step = steps[s];
    SDL_Rect clip{};
    if (SDL_HasIntersection(&step.bounds, &part) == SDL_FALSE ||
        SDL_IntersectRect(&step.clip, &part, &clip) == SDL_FALSE) {
      continue;
    }
    SDL_RenderSetClipRect(renderer_, &clip);
    for (std::size_t u = ground && s == ground->step ? ground->unit : 0; u < step.units.size();
         ++u) {
      const DrawUnit& unit = step.units[u];
      if (SDL_HasIntersection(&unit.bounds, &part) == SDL_FALSE) continue;
      if (unit.solid) {
        draw_triangles(step);
        fill(unit.area, unit.colour);
      } else {
        const ImDrawIdx* first =
            step.list->IdxBuffer.Data + step.command->IdxOffset + unit.first_index;
        part_.insert(part_.end(), first, first + unit.index_count);
      }
    }
    draw_triangles(step);
  }
}

// What is gathered in part_. SDL looks at every vertex that it is given, so these are no more than
// those used.
void ImGuiSdl::draw_triangles(const DrawStep& step) {
  if (part_.empty()) return;
  const auto [least, most] = std::ranges::minmax(part_);
  for (ImDrawIdx& index : part_) index = static_cast<ImDrawIdx>(index - least);
  const ImDrawVert* vertices = step.list->VtxBuffer.Data + step.command->VtxOffset + least;
  SDL_RenderGeometryRaw(renderer_, static_cast<SDL_Texture*>(step.command->GetTexID()),
                        &vertices->pos.x, sizeof(ImDrawVert),
                        reinterpret_cast<const SDL_Color*>(&vertices->col), sizeof(ImDrawVert),
                        &vertices->uv.x, sizeof(ImDrawVert), most - least + 1, part_.data(),
                        static_cast<int>(part_.size()), sizeof(ImDrawIdx));
  part_.clear();
}

void PixelTexture::update(SDL_Renderer* renderer, int width, int height,
                          std::span<const std::uint32_t> pixels, bool smooth) {
  if (!texture_ || width != content_->width() || height != content_->height()) {
    auto content = std::make_unique<TextureContent>();
    texture_.reset(SDL_CreateTexture(renderer, SDL_PIXELFORMAT_RGBA32, SDL_TEXTUREACCESS_STREAMING,
                                     width, height));
    if (!texture_) throw std::runtime_error(std::string("no texture: ") + SDL_GetError());
    content_ = std::move(content);
    SDL_SetTextureUserData(texture_.get(), content_.get());
  }
  SDL_SetTextureScaleMode(texture_.get(), smooth ? SDL_ScaleModeLinear : SDL_ScaleModeNearest);
  const SDL_Rect changed = content_->update(width, height, pixels);
  if (changed.h == 0) return;
  SDL_UpdateTexture(texture_.get(), &changed,
                    &pixels[static_cast<std::size_t>(changed.y) * static_cast<std::size_t>(width)],
                    width * 4);
}

}  // namespace ui
