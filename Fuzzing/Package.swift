// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "egret-fuzzing",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "egret", path: "..")],
    targets: [
        .executableTarget(
            name: "Fuzz",
            dependencies: [.product(name: "Postgres", package: "egret")],
            swiftSettings: [.swiftLanguageMode(.v6)])
    ]
)
