package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/providers/structs"
	"github.com/knadh/koanf/v2"
)

// config is what config.yaml holds; that file says what each key means.
type config struct {
	Data     string         `koanf:"data"`
	Server   serverConfig   `koanf:"server"`
	Log      logConfig      `koanf:"log"`
	Runtime  runtimeConfig  `koanf:"runtime"`
	Encoder  encoderConfig  `koanf:"encoder"`
	Models   modelsConfig   `koanf:"models"`
	Pictures picturesConfig `koanf:"pictures"`
	Storage  storageConfig  `koanf:"storage"`
	Index    indexConfig    `koanf:"index"`
}

type serverConfig struct {
	Listen        string        `koanf:"listen"`
	Hosts         []string      `koanf:"hosts"`
	BodyBytes     int64         `koanf:"body_bytes"`
	InflightBytes int64         `koanf:"inflight_bytes"`
	Grace         time.Duration `koanf:"grace"`
	Pprof         string        `koanf:"pprof"`
}

type logConfig struct {
	Level  string `koanf:"level"`
	Format string `koanf:"format"`
}

type runtimeConfig struct {
	Library string `koanf:"library"`
	Cache   string `koanf:"cache"`
	GPU     string `koanf:"gpu"`
}

type encoderConfig struct {
	Kind       string         `koanf:"kind"`
	Model      string         `koanf:"model"`
	Precision  string         `koanf:"precision"`
	Members    []memberConfig `koanf:"members"`
	Name       string         `koanf:"name"`
	Projection string         `koanf:"projection"`

	Provider     string        `koanf:"provider"`
	Devices      []int         `koanf:"devices"`
	DeviceMemory int64         `koanf:"device_memory"`
	Idle         time.Duration `koanf:"idle"`

	Cache       int64         `koanf:"cache"`
	Threads     int           `koanf:"threads"`
	BatchImages int           `koanf:"batch_images"`
	BatchTexts  int           `koanf:"batch_texts"`
	MaxWait     time.Duration `koanf:"max_wait"`
	Queue       int           `koanf:"queue"`
}

// memberConfig is one encoder of a fusion.
type memberConfig struct {
	Model  string    `koanf:"model"`
	Weight float64   `koanf:"weight"`
	Crop   []float64 `koanf:"crop"` // left, top, right and bottom; none: the whole picture
}

type modelsConfig struct {
	Dir      string `koanf:"dir"`
	Endpoint string `koanf:"endpoint"`
	Offline  bool   `koanf:"offline"`
}

type picturesConfig struct {
	Bytes        int64 `koanf:"bytes"`
	Pixels       int64 `koanf:"pixels"`
	Edge         int   `koanf:"edge"`
	PixelsAtOnce int64 `koanf:"pixels_at_once"`
}

type storageConfig struct {
	CheckpointEvery   time.Duration `koanf:"checkpoint_every"`
	CheckpointEntries int           `koanf:"checkpoint_entries"`
}

type indexConfig struct {
	Kind           string `koanf:"kind"`
	M              int    `koanf:"m"`
	EfConstruction int    `koanf:"ef_construction"`
	EfSearch       int    `koanf:"ef_search"`
	ExactBelow     int    `koanf:"exact_below"`
	Seed           uint64 `koanf:"seed"`
	Quantizer      string `koanf:"quantizer"`
	Memory         string `koanf:"memory"`
}

// defaultConfig is what config.yaml shows.
func defaultConfig() config {
	return config{
		Data: "data",
		Server: serverConfig{
			Listen: "127.0.0.1:7740", Hosts: []string{}, BodyBytes: 64 << 20, InflightBytes: 512 << 20, Grace: 20 * time.Second,
		},
		Log: logConfig{Level: "info", Format: "text"},
		Encoder: encoderConfig{
			Kind: "model", Precision: "auto", Members: []memberConfig{}, Provider: "auto", Devices: []int{}, Cache: 64 << 20, Queue: 1024,
		},
		Pictures: picturesConfig{Bytes: 32 << 20, Pixels: 50_000_000, Edge: 32_768, PixelsAtOnce: 100_000_000},
		Storage:  storageConfig{CheckpointEvery: 30 * time.Second, CheckpointEntries: 10_000},
		Index: indexConfig{
			Kind: "hnsw", M: 16, EfConstruction: 200, EfSearch: 64, ExactBelow: 8000, Seed: 1, Quantizer: "int8", Memory: "full",
		},
	}
}

// defaultConfigFile is read when it exists and no other is named.
const defaultConfigFile = "config.yaml"

// loadConfig lays the file, the environment and the flags over the defaults, in this order. An unknown key in the file or
// a flag is an error: a misspelt one would otherwise be ignored in silence. path "" means defaultConfigFile, if there is
// one.
func loadConfig(path string, environ []string, flags map[string]string) (config, error) {
	k := koanf.New(".")
	if err := k.Load(structs.Provider(defaultConfig(), "koanf"), nil); err != nil {
		return config{}, err
	}
	known := k.Keys()
	if err := loadConfigFile(k, path); err != nil {
		return config{}, err
	}
	if err := k.Load(confmap.Provider(fromEnvironment(known, environ), "."), nil); err != nil {
		return config{}, err
	}
	for key, value := range flags {
		if err := k.Set(key, value); err != nil {
			return config{}, fmt.Errorf("--set %s: %w", key, err)
		}
	}
	var c config
	err := k.UnmarshalWithConf("", &c, koanf.UnmarshalConf{DecoderConfig: &mapstructure.DecoderConfig{
		Result: &c, ErrorUnused: true, WeaklyTypedInput: true, TagName: "koanf",
		DecodeHook: mapstructure.ComposeDecodeHookFunc(
			refuseBareDurations, mapstructure.StringToTimeDurationHookFunc(), mapstructure.StringToWeakSliceHookFunc(","),
		),
	}})
	if err != nil {
		return config{}, fmt.Errorf("configuration: %w", err)
	}
	return c, c.validate()
}

// refuseBareDurations keeps "grace: 20" from becoming 20 nanoseconds.
func refuseBareDurations(from, to reflect.Type, value any) (any, error) {
	duration := reflect.TypeFor[time.Duration]()
	if to == duration && from != duration && from.Kind() != reflect.String {
		return nil, fmt.Errorf("%v has no unit; write it as in 20s", value)
	}
	return value, nil
}

func loadConfigFile(k *koanf.Koanf, path string) error {
	optional := path == ""
	if optional {
		path = defaultConfigFile
	}
	err := k.Load(file.Provider(path), yaml.Parser())
	if optional && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("configuration file %s: %w", path, err)
	}
	return nil
}

// fromEnvironment picks the variables that name a known key. The key server.body_bytes is PINAX_SERVER_BODY_BYTES: going
// from keys to names is unambiguous, the other way is not.
func fromEnvironment(known, environ []string) map[string]any {
	found := map[string]any{}
	for _, key := range known {
		for _, variable := range environ {
			if value, ok := strings.CutPrefix(variable, variableOf(key)+"="); ok {
				found[key] = value
			}
		}
	}
	return found
}

// settings are the flags that override the configuration, shared by the commands that use it.
type settings struct {
	Config string            `help:"Configuration file." placeholder:"FILE" type:"path"`
	Set    map[string]string `help:"Override a key of the configuration, as in --set log.level=debug." placeholder:"KEY=VALUE" mapsep:"none"`
}

// load reads the configuration and makes the logger that it asks for the default one.
func (s settings) load(flags map[string]string) (config, error) {
	all := map[string]string{}
	for key, value := range s.Set {
		all[key] = value
	}
	for key, value := range flags {
		if value != "" {
			all[key] = value
		}
	}
	cfg, err := loadConfig(s.Config, os.Environ(), all)
	if err != nil {
		return cfg, err
	}
	logger, err := newLogger(os.Stderr, cfg.Log)
	if err != nil {
		return cfg, err
	}
	slog.SetDefault(logger)
	warnOfUnknown(logger, os.Environ())
	return cfg, nil
}
