# frozen_string_literal: true

Gem::Specification.new do |gem|
  gem.name = 'tillgate-client'
  gem.version = '@VERSION@'
  gem.summary = 'Client of the Tillgate payments API'
  gem.authors = ['The Tillgate authors']
  gem.licenses = ['MIT', 'Apache-2.0']
  gem.required_ruby_version = '>= 2.7'
  gem.files = Dir['lib/**/*.rb', 'docs/*.md', 'README.md', 'LICENSE-*']
  gem.add_runtime_dependency 'typhoeus', '~> 1.0', '>= 1.0.1'
end
