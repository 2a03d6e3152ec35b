using System.ComponentModel.DataAnnotations;

namespace Dmp.Server.Options;

/// <summary>The reading of documents for what they state and for their words, section <c>Dmp:Facts</c>.</summary>
internal sealed record FactOptions
{
    public const string Section = "Dmp:Facts";

    /// <summary>So many documents this server reads at the same time; 0: others do. Default half of its processors, one to four.</summary>
    [Range(0, 16)]
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount / 2, 1, 4);
}
