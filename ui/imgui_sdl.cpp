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

void ImGuiSdl::render() {
  ImGui::SetCurrentContext(context_);
  ImGui::Render();
  draw(*ImGui::GetDrawData());
}

void ImGuiSdl::draw(const ImDrawData& data) {
  for (int n = 0; n < data.CmdListsCount; ++n) {
    const ImDrawList& list = *data.CmdLists[n];
    for (const ImDrawCmd& command : list.CmdBuffer) {
      if (command.UserCallback != nullptr || command.ElemCount == 0) continue;
      const SDL_Rect clip = {static_cast<int>(command.ClipRect.x - data.DisplayPos.x),
                             static_cast<int>(command.ClipRect.y - data.DisplayPos.y),
                             static_cast<int>(command.ClipRect.z - command.ClipRect.x),
                             static_cast<int>(command.ClipRect.w - command.ClipRect.y)};
      if (clip.w <= 0 || clip.h <= 0) continue;
      SDL_RenderSetClipRect(renderer_, &clip);
      const ImDrawVert* vertices = list.VtxBuffer.Data + command.VtxOffset;
      SDL_RenderGeometryRaw(renderer_, static_cast<SDL_Texture*>(command.GetTexID()),
                            &vertices->pos.x, sizeof(ImDrawVert),
                            reinterpret_cast<const SDL_Color*>(&vertices->col), sizeof(ImDrawVert),
                            &vertices->uv.x, sizeof(ImDrawVert),
                            list.VtxBuffer.Size - static_cast<int>(command.VtxOffset),
                            list.IdxBuffer.Data + command.IdxOffset,
                            static_cast<int>(command.ElemCount), sizeof(ImDrawIdx));
    }
  }
  SDL_RenderSetClipRect(renderer_, nullptr);
}

void PixelTexture::update(SDL_Renderer* renderer, int width, int height,
                          std::span<const std::uint32_t> pixels, bool smooth) {
  if (!texture_ || width != width_ || height != height_) {
    texture_.reset(SDL_CreateTexture(renderer, SDL_PIXELFORMAT_RGBA32, SDL_TEXTUREACCESS_STREAMING,
                                     width, height));
    if (!texture_) throw std::runtime_error(std::string("no texture: ") + SDL_GetError());
    width_ = width;
    height_ = height;
  }
  SDL_SetTextureScaleMode(texture_.get(), smooth ? SDL_ScaleModeLinear : SDL_ScaleModeNearest);
  SDL_UpdateTexture(texture_.get(), nullptr, pixels.data(), width * 4);
}

}  // namespace ui
