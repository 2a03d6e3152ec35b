using Dmp.Care.Medications;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Care;

/// <summary>The groups of dangerous medicines: the operator's, or those that come along.</summary>
internal sealed class DangerousList(IOptions<Options.CareOptions> options)
{
    /// <summary>The groups.</summary>
    public DangerousMedicines Groups { get; } = Read(options.Value.DangerousMedicines);

    private static DangerousMedicines Read(string? file)
    {
        if (file is null)
        {
            return DangerousMedicines.Embedded;
        }

        // It was looked at when the server started (CareOptionsRules).
        using var reader = new StreamReader(file);
        return DangerousMedicines.Read(reader);
    }
}
