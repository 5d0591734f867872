module tillgate.invalid/story

go 1.18

require tillgate.invalid/client v0.0.0

require gopkg.in/validator.v2 v2.0.1 // indirect

replace tillgate.invalid/client => ../../clients/go
